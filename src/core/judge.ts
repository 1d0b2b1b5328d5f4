import type { Holding, SessionView, Turn } from './session.js';
import type { Signal } from './signal.js';
import { evidence, isBetterReset, type Evidence, type Stop, type Verdict } from './stop.js';
import { unreachable } from './unreachable.js';

const OVERTAKES_MS = 5000;

/**
 * The stop a session has come to, judged by its last turn only, or undefined while it works. An unfinished turn is
 * a crash only where the process is known to be gone. `live` is the newest signal of a live source: it tells what
 * an unfinished turn waits for, and makes a stop the records show more exact; several sources stay one stop, since
 * the record of the turn names it.
 */
export function judge(view: SessionView, holding: Holding, live?: Signal): Stop | undefined {
  const { turn } = view;
  const signal = live !== undefined && concerns(turn, live) ? live : undefined;
  switch (turn.kind) {
    case 'none':
      return undefined;
    case 'failed':
      return failed(turn, holding, refinedBy(turn.verdict, signal));
    case 'interrupted':
      return stop(
        turn,
        'user_exit',
        1,
        evidence('transcript', 'interrupted', 'the user interrupted the turn'),
      );
    case 'ended':
      return ended(view, holding, turn, signal);
    case 'open':
      return unfinished(view, holding, turn, signal);
    default:
      return unreachable(turn);
  }
}

/** A report of a failure may overtake the record of it; what else is older than the turn speaks of an earlier one. */
function concerns(turn: Turn, live: Signal): boolean {
  if (turn.kind === 'none') return false;
  return live.atMs >= turn.atMs - (turn.kind === 'failed' ? OVERTAKES_MS : 0);
}

/** A verdict with what a better source knows of its reset. */
export function refine(verdict: Verdict, better: Verdict | undefined): Verdict {
  if (better?.reason !== verdict.reason || !isBetterReset(better.reset, verdict.reset)) return verdict;
  return { ...verdict, ...better };
}

function refinedBy(verdict: Verdict, signal: Signal | undefined): Verdict {
  return refine(verdict, signal?.kind === 'failed' ? signal.verdict : undefined);
}

/** What the agent would have done at the reset nobody does once it is gone. */
function failed(turn: Ref, { liveness }: Holding, verdict: Verdict): Stop {
  const isGone = liveness === 'dead' || liveness === 'absent';
  return isGone ? nobodyWaits(turn, verdict) : { ...verdict, recordId: turn.recordId, atMs: turn.atMs };
}

type Ref = Readonly<{ recordId: string; atMs: number }>;

function stop({ recordId, atMs }: Ref, reason: Stop['reason'], confidence: number, why: Evidence): Stop {
  return { reason, confidence, evidence: why, recordId, atMs };
}

function ended(view: SessionView, holding: Holding, turn: Ref, signal: Signal | undefined): Stop {
  if (signal?.kind === 'left') return stop(turn, 'user_exit', 1, signal.evidence);
  const left = view.interactive === true && holding.liveness === 'absent';
  return left
    ? stop(
        turn,
        'user_exit',
        0.9,
        evidence('registry', 'left', 'the turn ended, then the program was closed'),
      )
    : stop(
        turn,
        'completed',
        view.endsUnrecorded === true ? 0.8 : 1,
        evidence('transcript', 'turn-ended', 'the model ended its turn'),
      );
}

function unfinished(
  view: SessionView,
  holding: Holding,
  turn: Ref,
  signal: Signal | undefined,
): Stop | undefined {
  if (holding.liveness === 'dead' || holding.liveness === 'absent')
    return cutOff(view, holding, turn, signal);
  if (holding.asks !== undefined)
    return stop(turn, 'awaiting_input', 1, evidence('registry', 'waiting', holding.asks));
  if (signal?.kind === 'asks') return stop(turn, 'awaiting_input', 1, signal.evidence);
  if (signal?.kind === 'waits')
    return { ...signal.verdict, waitsItself: true, recordId: turn.recordId, atMs: turn.atMs };
  return undefined;
}

function cutOff(view: SessionView, { liveness }: Holding, turn: Ref, signal: Signal | undefined): Stop {
  // What it was waiting for when it went, or failed of before it could write that down, is why it has stopped.
  if (signal?.kind === 'waits' || signal?.kind === 'failed') return nobodyWaits(turn, signal.verdict);
  if (signal?.kind === 'left') return stop(turn, 'user_exit', 1, signal.evidence);
  if (view.failuresUnrecorded === true) return stop(turn, 'unknown', 0, UNRECORDED);
  return liveness === 'dead'
    ? stop(turn, 'crash', 0.95, evidence('registry', 'stale-claim', 'turn unfinished, process died'))
    : stop(turn, 'crash', 0.5, evidence('registry', 'no-claim', 'turn unfinished, no process holds it'));
}

function nobodyWaits({ recordId, atMs }: Ref, { waitsItself: _gone, ...verdict }: Verdict): Stop {
  return { ...verdict, recordId, atMs };
}

const UNRECORDED = evidence(
  'processes',
  'gone',
  'turn unfinished, no process, and this agent records no failures',
);
