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

/** A headless process that is still there so long after a message is at work on it. */
const OUTLIVED_MS = 5000;

/** The session as it stands now. */
export function snapshotOf(entry: Entry, recorded: SessionView, options: SnapshotOptions): SessionSnapshot {
  const { session, home } = entry;
  const holding = settled(entry, recorded, options);
  const view = startedWith(
    entry,
    holding,
    isUnderWay(entry, recorded, holding, options) ? reopened(recorded) : recorded,
  );
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

/** Records do not tell it: what the process was started with is looked up once, while there is one. */
function startedWith(entry: Entry, { liveness, pid }: Holding, view: SessionView): SessionView {
  if (liveness === 'alive' && pid !== undefined && entry.holder?.pid !== pid)
    entry.holder = { pid, args: entry.home.argsOf(pid) };
  const { args = [] } = entry.holder ?? {};
  return args.length === 0 ? view : { ...view, args };
}

/**
 * Where no record tells that a turn is over, its process does: a headless one ends with it. One that went on living and
 * then ended without another record was cut off at work.
 */
function isUnderWay(
  entry: Entry,
  { turn, endsUnrecorded }: SessionView,
  holding: Holding,
  options: SnapshotOptions,
): boolean {
  if (turn.kind !== 'ended' || endsUnrecorded !== true) return false;
  if (holding.liveness !== 'alive')
    return holding.liveness === 'unknown' || entry.outlivedTurn === turn.recordId;
  if (holding.headless === true && options.nowMs - turn.atMs >= OUTLIVED_MS)
    entry.outlivedTurn = turn.recordId;
  return holding.headless === true;
}

function reopened(view: SessionView): SessionView {
  const { turn } = view;
  return turn.kind === 'ended' ? { ...view, turn: { ...turn, kind: 'open' } } : view;
}

/**
 * An unfinished turn without a process is first `unknown`: the records may still be catching up with an end that
 * came a moment ago. It counts as gone when it still is at the next look.
 */
function settled(entry: Entry, view: SessionView, options: SnapshotOptions): Holding {
  const { id, home } = entry.session;
  const seen = entry.home.holders.holdingOf({ id, home, view });
  if (seen.liveness === 'alive' || !mayGoOn(view)) {
    entry.goneSinceMs = undefined;
    return withPatience(entry, seen, options);
  }
  entry.goneSinceMs ??= goneSince(entry, view, options);
  return options.nowMs - entry.goneSinceMs >= options.settleMs ? seen : { liveness: 'unknown' };
}

/** A turn that seems to have ended long ago needs no second look, unless its process was there until now. */
function goneSince(
  { outlivedTurn }: Entry,
  { turn }: SessionView,
  { nowMs, settleMs }: SnapshotOptions,
): EpochMs {
  const isOld = turn.kind === 'ended' && turn.recordId !== outlivedTurn && nowMs - turn.atMs > 2 * settleMs;
  return isOld ? turn.atMs : nowMs;
}

function mayGoOn({ turn, endsUnrecorded }: SessionView): boolean {
  return turn.kind === 'open' || (turn.kind === 'ended' && endsUnrecorded === true);
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
