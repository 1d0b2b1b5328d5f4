import { describe, expect, it } from '@jest/globals';
import type { Holding, SessionView } from '../core/session.js';
import type { Entry } from './home.js';
import { snapshotOf } from './snapshot.js';

const AT = Date.parse('2026-11-24T12:00:00Z');
const SETTLE_MS = 2000;
const ENDED: SessionView = {
  turn: { kind: 'ended', recordId: 'r', atMs: AT },
  failuresUnrecorded: true,
  endsUnrecorded: true,
};
const HEADLESS: Holding = { liveness: 'alive', pid: 42, headless: true };

/** A session of an agent that records no ends, and what is seen of it at one instant after the other. */
function watched(): (afterMs: number, holding: Holding) => string {
  let holding: Holding = { liveness: 'absent' };
  const entry = {
    session: { id: 's', home: '/home', agent: { id: 'gemini-cli' }, isKnown: true, view: () => ENDED },
    home: { layout: { home: '/home' }, holders: { holdingOf: () => holding } },
    live: undefined,
  } as unknown as Entry;
  return (afterMs, now) => {
    holding = now;
    const options = { nowMs: AT + afterMs, settleMs: SETTLE_MS, askGraceMs: 0 };
    const { stop, view } = snapshotOf(entry, ENDED, options);
    return stop?.reason ?? (view.turn.kind === 'open' ? 'working' : 'nothing');
  };
}

describe('a turn whose end no record tells', () => {
  it('is under way while its headless process is there', () => {
    const at = watched();
    expect([at(0, HEADLESS), at(60_000, HEADLESS)]).toEqual(['working', 'working']);
  });

  it('is over once the process is gone, at the second look', () => {
    const at = watched();
    expect(at(100, HEADLESS)).toBe('working');
    expect(at(300, { liveness: 'absent' })).toBe('working');
    expect(at(2300, { liveness: 'absent' })).toBe('completed');
  });

  it('was cut off where the process lived on and left nothing more, for a reason nobody knows', () => {
    const at = watched();
    expect(at(8000, HEADLESS)).toBe('working');
    expect(at(9000, { liveness: 'absent' })).toBe('working');
    expect(at(11_000, { liveness: 'absent' })).toBe('unknown');
    expect(at(3_600_000, { liveness: 'absent' })).toBe('unknown');
  });

  it('is over where a person has the program open', () => {
    const at = watched();
    expect(at(100, { liveness: 'alive', pid: 42 })).toBe('completed');
  });

  it('is over at the first look where it is old', () => {
    expect(watched()(3_600_000, { liveness: 'absent' })).toBe('completed');
  });
});
