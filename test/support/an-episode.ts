import type { Episode } from '../../src/core/episode.js';
import type { SessionSnapshot, SessionView } from '../../src/core/session.js';
import type { Reset, Stop } from '../../src/core/stop.js';

export const NOON = Date.parse('2026-11-22T12:00:00Z');

export function aReset(atMs: number, source: Reset['source'] = 'structured'): Reset {
  return { atMs, source, raw: String(atMs / 1000) };
}

export function aStop(change: Partial<Stop> = {}): Stop {
  return {
    reason: 'usage_limit',
    confidence: 1,
    evidence: { source: 'test', rule: 'test', text: 'hit the limit' },
    recordId: 'record-1',
    atMs: NOON,
    ...change,
  };
}

export function anEpisode(change: Partial<Episode> = {}): Episode {
  return {
    id: 'ep-1',
    agent: 'claude-code',
    sessionId: 'session-1',
    contract: { cwd: '/project', home: '/home/.claude', permissionMode: 'acceptEdits' },
    stop: aStop(),
    state: 'detected',
    why: 'test',
    dueAtMs: undefined,
    attempts: 0,
    withoutProgress: 0,
    acks: 0,
    timeSavedMs: undefined,
    trace: undefined,
    createdAtMs: NOON,
    updatedAtMs: NOON,
    version: 1,
    ...change,
  };
}

/** A session that stands at `aStop()`, its process gone. */
export function aSession(change: Partial<SessionSnapshot> = {}): SessionSnapshot {
  const { recordId, atMs, ...verdict } = aStop();
  return {
    id: 'session-1',
    agent: 'claude-code',
    home: '/home/.claude',
    path: '/home/.claude/projects/-project/session-1.jsonl',
    view: {
      turn: { kind: 'failed', recordId, atMs, verdict },
      cwd: '/project',
      permissionMode: 'acceptEdits',
    },
    liveness: 'absent',
    stop: aStop(),
    sizeBytes: 100,
    modifiedMs: NOON,
    ...change,
  };
}

/** The session as it stands at a stop, or after work of the model. */
export function sessionAt(
  stop: Stop,
  view: Partial<SessionView> = {},
  change: Partial<SessionSnapshot> = {},
): SessionSnapshot {
  const { recordId, atMs, ...verdict } = stop;
  const turn = { kind: 'failed', recordId, atMs, verdict } as const;
  return aSession({ stop, view: { ...aSession().view, turn, ...view }, ...change });
}

/** A session that works. */
export function working(atMs: number, id = 'session-1'): SessionSnapshot {
  const turn = { kind: 'open', recordId: `work-${atMs}`, atMs } as const;
  const { stop: _stop, ...session } = aSession({ id });
  return { ...session, view: { ...session.view, turn, lastWork: turn } };
}
