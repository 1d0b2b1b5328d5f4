import type { Liveness, SessionView } from './session.js';
import { evidence, type Stop } from './stop.js';
import { unreachable } from './unreachable.js';

/**
 * The stop a session has come to, judged by its last turn only, or undefined while it works.
 * An unfinished turn is a crash only where the process is known to be gone.
 */
export function judge(view: SessionView, liveness: Liveness): Stop | undefined {
  const { turn } = view;
  switch (turn.kind) {
    case 'none':
      return undefined;
    case 'failed':
      return { ...turn.verdict, recordId: turn.recordId, atMs: turn.atMs };
    case 'interrupted':
      return stop(
        turn,
        'user_exit',
        1,
        evidence('transcript', 'interrupted', 'the user interrupted the turn'),
      );
    case 'ended':
      return ended(view, liveness, turn);
    case 'open':
      return crashed(liveness, turn);
    default:
      return unreachable(turn);
  }
}

type Ref = Readonly<{ recordId: string; atMs: number }>;

function stop(at: Ref, reason: Stop['reason'], confidence: number, why: Stop['evidence']): Stop {
  return { reason, confidence, evidence: why, recordId: at.recordId, atMs: at.atMs };
}

function ended(view: SessionView, liveness: Liveness, turn: Ref): Stop {
  const left = view.interactive === true && liveness === 'absent';
  return left
    ? stop(
        turn,
        'user_exit',
        0.9,
        evidence('registry', 'left', 'the turn ended, then the program was closed'),
      )
    : stop(turn, 'completed', 1, evidence('transcript', 'turn-ended', 'the model ended its turn'));
}

function crashed(liveness: Liveness, turn: Ref): Stop | undefined {
  if (liveness === 'dead')
    return stop(turn, 'crash', 0.95, evidence('registry', 'stale-claim', 'turn unfinished, process died'));
  if (liveness === 'absent')
    return stop(turn, 'crash', 0.5, evidence('registry', 'no-claim', 'turn unfinished, no process holds it'));
  return undefined;
}
