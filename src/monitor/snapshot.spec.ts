import { beforeEach, describe, expect, it } from '@jest/globals';
import { aReset, aStop, NOON } from '../../test/support/an-episode.js';
import { PlainAgent } from '../../test/support/plain-agent.js';
import type { Holding, SessionView, Turn } from '../core/session.js';
import type { Signal } from '../core/signal.js';
import type { Entry, Home } from './home.js';
import { snapshotOf } from './snapshot.js';
import type { TrackedSession } from './tracked-session.js';

const SETTLE_MS = 2000;
const ASK_GRACE_MS = 10_000;
const OPEN: Turn = { kind: 'open', recordId: 'r', atMs: NOON };

let holding: Holding;
let entry: Entry;
let isKnown: boolean;
let startedWith: Readonly<Record<number, readonly string[]>>;

beforeEach(() => {
  holding = { liveness: 'alive', pid: 1 };
  isKnown = true;
  startedWith = {};
  const agent = new PlainAgent();
  const session = {
    ...{ id: 's', agent, home: '/home', path: '/home/s.jsonl', sizeBytes: 5, modifiedMs: 7 },
    get isKnown() {
      return isKnown;
    },
  } as unknown as TrackedSession;
  const home = {
    layout: { home: '/home' },
    holders: { holdingOf: () => holding },
    argsOf: (pid: number) => startedWith[pid] ?? [],
  };
  entry = { session, home: home as unknown as Home };
});

const at = (ms: number, turn: Turn = OPEN, view: Partial<SessionView> = {}) =>
  snapshotOf(entry, { turn, ...view }, { nowMs: NOON + ms, settleMs: SETTLE_MS, askGraceMs: ASK_GRACE_MS });
const reasonAt = (ms: number, turn?: Turn) => at(ms, turn).stop?.reason;

describe('snapshotOf', () => {
  it('tells of the session, its file and its holder', () => {
    expect(at(0, OPEN, { cwd: '/p' })).toEqual({
      ...{ id: 's', agent: 'plain', home: '/home', path: '/home/s.jsonl', sizeBytes: 5, modifiedMs: 7 },
      ...{ view: { turn: OPEN, cwd: '/p' }, liveness: 'alive', pid: 1 },
    });
  });

  it('remembers what the process that held it last was started with', () => {
    startedWith = { 1: ['--tools', 'Read'], 2: ['--tools', 'Write'] };
    const args = () => at(0).view.args;
    expect(args()).toEqual(['--tools', 'Read']);
    holding = { liveness: 'absent' };
    expect(args()).toEqual(['--tools', 'Read']);
    holding = { liveness: 'alive', pid: 2 };
    expect(args()).toEqual(['--tools', 'Write']);
    holding = { liveness: 'alive', pid: 3 };
    expect(args()).toBeUndefined();
  });

  it('judges nothing that was only listed', () => {
    isKnown = false;
    expect(at(0, { kind: 'ended', recordId: 'r', atMs: NOON })).not.toHaveProperty('stop');
  });

  describe('an unfinished turn without a process', () => {
    it.each(['dead', 'absent'] as const)(
      'is a crash only when it still is at the next look: %s',
      (liveness) => {
        holding = { liveness };
        expect(at(0)).toMatchObject({ liveness: 'unknown' });
        expect(reasonAt(SETTLE_MS - 1)).toBeUndefined();
        expect(at(SETTLE_MS)).toMatchObject({ liveness, stop: { reason: 'crash' } });
      },
    );

    it('is none when the process comes back, or the turn turns out to have ended', () => {
      holding = { liveness: 'absent' };
      at(0);
      holding = { liveness: 'alive', pid: 2 };
      expect(reasonAt(SETTLE_MS)).toBeUndefined();
      holding = { liveness: 'absent' };
      expect(reasonAt(SETTLE_MS + 1)).toBeUndefined();
      expect(reasonAt(SETTLE_MS + 2, { kind: 'ended', recordId: 'r', atMs: NOON })).toBe('completed');
      expect(reasonAt(2 * SETTLE_MS + 1)).toBeUndefined();
    });
  });

  describe('a turn whose end no record tells', () => {
    const ended: Turn = { kind: 'ended', recordId: 'r', atMs: NOON };
    const headless: Holding = { liveness: 'alive', pid: 42, headless: true };
    const seenAt = (ms: number, now: Holding): string => {
      holding = now;
      const { stop, view } = at(ms, ended, { failuresUnrecorded: true, endsUnrecorded: true });
      return stop?.reason ?? (view.turn.kind === 'open' ? 'working' : 'nothing');
    };

    it('is under way while its headless process is there', () => {
      expect([seenAt(0, headless), seenAt(60_000, headless)]).toEqual(['working', 'working']);
    });

    it('is over once the process is gone, at the second look', () => {
      expect(seenAt(100, headless)).toBe('working');
      expect(seenAt(300, { liveness: 'absent' })).toBe('working');
      expect(seenAt(300 + SETTLE_MS, { liveness: 'absent' })).toBe('completed');
    });

    it('was cut off where the process lived on and left nothing more, for a reason nobody knows', () => {
      expect(seenAt(8000, headless)).toBe('working');
      expect(seenAt(9000, { liveness: 'absent' })).toBe('working');
      expect(seenAt(9000 + SETTLE_MS, { liveness: 'absent' })).toBe('unknown');
      expect(seenAt(3_600_000, { liveness: 'absent' })).toBe('unknown');
    });

    it('is over where a person has the program open', () => {
      expect(seenAt(100, { liveness: 'alive', pid: 42 })).toBe('completed');
    });

    it('is over at the first look where it is old', () => {
      expect(seenAt(3_600_000, { liveness: 'absent' })).toBe('completed');
    });
  });

  describe('a question to a person', () => {
    const asks: Signal = {
      ...{ sessionId: 's', atMs: NOON, source: 'hook', kind: 'asks' },
      evidence: aStop().evidence,
    };

    it('that is answered in time is no stop', () => {
      holding = { liveness: 'alive', pid: 1, asks: 'permission' };
      expect([reasonAt(0), reasonAt(ASK_GRACE_MS - 1)]).toEqual([undefined, undefined]);
      holding = { liveness: 'alive', pid: 1 };
      expect(reasonAt(ASK_GRACE_MS)).toBeUndefined();
      holding = { liveness: 'alive', pid: 1, asks: 'permission' };
      expect(reasonAt(ASK_GRACE_MS + 1)).toBeUndefined();
      expect(reasonAt(2 * ASK_GRACE_MS + 1)).toBe('awaiting_input');
    });

    it('that stands is one, told by a claim or by a signal', () => {
      holding = { liveness: 'alive', pid: 1, asks: 'permission' };
      expect([reasonAt(0), reasonAt(ASK_GRACE_MS)]).toEqual([undefined, 'awaiting_input']);
      holding = { liveness: 'alive', pid: 1 };
      entry.live = asks;
      expect([reasonAt(0), reasonAt(ASK_GRACE_MS - 1), reasonAt(ASK_GRACE_MS)]).toEqual([
        undefined,
        undefined,
        'awaiting_input',
      ]);
    });
  });

  describe('what the agent tries again by itself', () => {
    const waits = (resetInMs?: number): Signal => {
      const { recordId: _recordId, atMs: _atMs, ...verdict } = aStop({ reason: 'rate_limit' });
      const reset = resetInMs === undefined ? {} : { reset: aReset(NOON + resetInMs) };
      return {
        sessionId: 's',
        atMs: NOON,
        source: 'server',
        kind: 'waits',
        verdict: { ...verdict, ...reset },
      };
    };

    it.each([undefined, 5000])('soon (reset in %p ms) is no stop until that takes long', (resetInMs) => {
      entry.live = waits(resetInMs);
      expect([reasonAt(0), reasonAt(ASK_GRACE_MS - 1)]).toEqual([undefined, undefined]);
      expect(at(ASK_GRACE_MS).stop).toMatchObject({ reason: 'rate_limit', waitsItself: true });
    });

    it('much later is one at once', () => {
      entry.live = waits(60_000);
      expect(at(0).stop).toMatchObject({ reason: 'rate_limit', waitsItself: true });
    });
  });
});
