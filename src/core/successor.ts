import type { Episode, EpisodeChange } from './episode.js';
import { isResumable } from './resume-plan.js';
import type { Run } from './run.js';
import type { SessionSnapshot } from './session.js';
import type { Stop } from './stop.js';

/** The session a run has begun for an episode of another one. */
export function successorOf({ sessionId }: Episode, run: Run): string | undefined {
  return run.sessionId === sessionId ? undefined : run.sessionId;
}

/**
 * What becomes of an episode whose new session stopped before it did any work. Where waiting mends that, the new session
 * goes on in an episode of its own: one conversation is never begun twice. A context that is full at once will be again.
 */
export function afterSuccessor(session: SessionSnapshot | undefined, stop: Stop | undefined): EpisodeChange {
  const why = stop === undefined ? 'ended without work' : `stopped at once: ${stop.reason}`;
  const mendsItself = stop !== undefined && stop.reason !== 'context_exhausted' && isResumable(stop);
  return mendsItself && session !== undefined && session.view.turn.kind !== 'none'
    ? { to: 'cancelled', why: `handed on to session ${session.id}, which ${why}` }
    : { to: 'parked', why: `the new session ${why}` };
}
