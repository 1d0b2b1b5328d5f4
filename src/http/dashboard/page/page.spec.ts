import { describe, expect, it } from '@jest/globals';
import type { Episode, Session } from './answers.d.ts';
import { announcementOf } from './announce.js';
import { byDay } from './savings.js';
import { actionsIn, byUrgency, labelOf, toneOf } from './states.js';
import { passedOf } from './windows.js';

const NOON_MS = new Date(2026, 10, 22, 12, 0).getTime();
const HOUR_MS = 3_600_000;
const iso = (atMs: number) => new Date(atMs).toISOString();

function session(id: string, state: string, lastActivityMs = NOON_MS): Session {
  return {
    id,
    agent: 'claude-code',
    state,
    cwd: `/home/dev/${id}`,
    home: '/home/dev/.claude',
    model: null,
    permission_mode: null,
    version: null,
    interactive: null,
    liveness: 'absent',
    pid: null,
    stop: null,
    episode_id: null,
    workflow: null,
    last_activity_at: iso(lastActivityMs),
  };
}

describe('sessions', () => {
  it('are listed by who needs somebody, then by what moves, then by age', () => {
    const sessions = [
      session('old', 'listed', NOON_MS - HOUR_MS),
      session('new', 'completed'),
      session('works', 'working'),
      session('waits', 'waiting'),
      session('runs', 'resuming'),
      session('stuck', 'parked'),
    ];
    expect(sessions.toSorted(byUrgency).map(({ id }) => id)).toEqual([
      ...['stuck', 'runs', 'waits', 'works', 'new', 'old'],
    ]);
  });

  it('are shown also in states nobody has heard of', () => {
    expect([labelOf('half_asleep'), toneOf('half_asleep'), actionsIn('half_asleep', undefined)]).toEqual([
      ...['half asleep', 'calm', []],
    ]);
  });

  it('offer what can be done in their state', () => {
    expect(actionsIn('waiting', 'usage_limit')).toEqual(['resume', 'skip']);
    expect(actionsIn('verifying', 'usage_limit')).toEqual(['abort']);
    expect(actionsIn('parked', 'context_exhausted')[0]).toBe('new-session');
    expect(actionsIn('working', undefined)).toEqual([]);
    expect(actionsIn('working', undefined, true)).toEqual(['abort']);
  });
});

describe('what is read out', () => {
  const due: Pick<Episode, 'due_at'> = { due_at: iso(NOON_MS + 2 * HOUR_MS) };
  const open = new Map([['api', due as Episode]]);

  it('is a change of state, with the wait it brings', () => {
    const text = announcementOf(new Map([['api', 'working']]), [session('api', 'waiting')], open, NOON_MS);
    expect(text).toBe('api: waiting, resumes in 2 h');
  });

  it('is nothing at the start, and nothing while only time passes', () => {
    expect(announcementOf(new Map(), [session('api', 'waiting')], open, NOON_MS)).toBe('');
    expect(announcementOf(new Map([['api', 'waiting']]), [session('api', 'waiting')], open, NOON_MS)).toBe(
      '',
    );
  });

  it('stays short when much changes at once', () => {
    const sessions = ['a', 'b', 'c', 'd', 'e'].map((id) => session(id, 'working'));
    const text = announcementOf(new Map([['x', 'working']]), sessions, new Map(), NOON_MS);
    expect(text).toBe('a: working. b: working. c: working. 2 more sessions changed');
  });
});

describe('the savings', () => {
  it('are counted by day, also days without any', () => {
    const saved = [
      { updated_at: iso(NOON_MS) },
      { updated_at: iso(NOON_MS - 48 * HOUR_MS) },
      { updated_at: iso(0) },
    ];
    expect(byDay(saved, NOON_MS, 3).map(({ saves }) => saves)).toEqual([1, 0, 1]);
  });

  it('tell no time where the service tells none', () => {
    const [, told] = byDay([{ updated_at: iso(NOON_MS), time_saved_s: 90 }], NOON_MS, 2);
    expect(told?.savedS).toBe(90);
    expect(byDay([{ updated_at: iso(NOON_MS) }], NOON_MS, 1)[0]?.savedS).toBeUndefined();
  });
});

describe('the bar of a window', () => {
  it('is as full as its time has passed', () => {
    const resets = { resets_at: iso(NOON_MS + HOUR_MS) };
    expect(passedOf({ kind: 'five_hour', ...resets }, NOON_MS)).toBeCloseTo(0.8);
    expect(passedOf({ kind: 'five_hour', resets_at: iso(NOON_MS - 1) }, NOON_MS)).toBe(1);
  });

  it('says nothing where nobody says how long it is', () => {
    expect(passedOf({ kind: 'tokens', resets_at: iso(NOON_MS) }, NOON_MS)).toBeUndefined();
    expect(passedOf({ kind: 'five_hour', resets_at: null }, NOON_MS)).toBeUndefined();
  });
});
