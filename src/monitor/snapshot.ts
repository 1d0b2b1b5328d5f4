import { judge } from '../core/judge.js';
import type { Holding, SessionSnapshot, SessionView } from '../core/session.js';
import type { EpochMs } from '../core/stop.js';
import type { Entry } from './home.js';

export type SnapshotOptions = Readonly<{
  nowMs: EpochMs;
  /** How long a process has to be gone before an unfinished turn counts as cut off. */
  settleMs: number;
  /** How long a question to a person has to stand before the session counts as stopped. */
  askGraceMs: number;
}>;

/** The session as it stands now. */
export function snapshotOf(entry: Entry, view: SessionView, options: SnapshotOptions): SessionSnapshot {
  const { session, home } = entry;
  const holding = settled(entry, view, options);
  const stop = session.isKnown ? judge(view, holding, liveOf(entry, options)) : undefined;
  const { liveness, pid } = holding;
  return {
    id: session.id,
    agent: session.agent.id,
    home: home.layout.home,
    path: session.path,
    view,
    liveness,
    sizeBytes: session.sizeBytes,
    modifiedMs: session.modifiedMs,
    ...(pid === undefined ? {} : { pid }),
    ...(stop === undefined ? {} : { stop }),
  };
}

/**
 * An unfinished turn without a process is first `unknown`: the records may still be catching up with an end that
 * came a moment ago. It counts as gone when it still is at the next look.
 */
function settled(entry: Entry, view: SessionView, options: SnapshotOptions): Holding {
  const { id, home } = entry.session;
  const seen = entry.home.holders.holdingOf({ id, home, view });
  if (seen.liveness === 'alive' || view.turn.kind !== 'open') {
    entry.goneSinceMs = undefined;
    return withPatience(entry, seen, options);
  }
  entry.goneSinceMs ??= options.nowMs;
  return options.nowMs - entry.goneSinceMs >= options.settleMs ? seen : { liveness: 'unknown' };
}

/** What is answered at once is no stop. */
function withPatience(entry: Entry, holding: Holding, { nowMs, askGraceMs }: SnapshotOptions): Holding {
  if (holding.asks === undefined) {
    entry.asksSinceMs = undefined;
    return holding;
  }
  entry.asksSinceMs ??= nowMs;
  const { asks: _asks, ...quiet } = holding;
  return nowMs - entry.asksSinceMs >= askGraceMs ? holding : quiet;
}

/** What is answered, or tried again, at once is no stop. */
function liveOf({ live }: Entry, { nowMs, askGraceMs }: SnapshotOptions): Entry['live'] {
  if (live?.kind !== 'asks' && live?.kind !== 'waits') return live;
  const untilMs = live.kind === 'waits' ? (live.verdict.reset?.atMs ?? 0) : 0;
  const isShort = nowMs - live.atMs < askGraceMs && untilMs - live.atMs < askGraceMs;
  return isShort ? undefined : live;
}
