import type { Episode, EpisodeChange } from './episode.js';
import { reachedCap, type PlanContext, type ResumePolicy } from './resume-plan.js';
import type { SessionSnapshot } from './session.js';

/** `reachable`: the process that holds the session can be told to go on. */
export type PreflightContext = PlanContext & Readonly<{ liveGraceMs: number; reachable: boolean }>;

/**
 * The last look before acting: what becomes of the episode instead of a resume, or undefined when nothing
 * stands against it. A session somebody else moved on, or still holds, is not written to.
 */
export function preflight(
  episode: Episode,
  session: SessionSnapshot | undefined,
  policy: ResumePolicy,
  context: PreflightContext,
): EpisodeChange | undefined {
  if (session?.path === undefined)
    return { to: 'gave_up', why: 'the session file is gone: there is nothing to resume' };
  if (session.view.turn.kind === 'none')
    return { to: 'parked', why: 'the records hold no turn to go on with: start the work anew' };
  if (!isStillAtStop(episode, session)) return { to: 'cancelled', why: 'the session went on without us' };
  if (session.liveness === 'alive' && (!context.reachable || session.stop?.waitsItself === true))
    return heldElsewhere(episode, session, policy, context);
  if (!policy.enabled) return { to: 'parked', why: 'resuming is switched off (resume.enabled = false)' };
  const cap = reachedCap(episode, policy, context);
  return cap === undefined ? undefined : { to: 'parked', why: cap };
}

/** True while the newest turn is still the one that stopped. */
function isStillAtStop({ stop }: Episode, { view }: SessionSnapshot): boolean {
  return 'recordId' in view.turn && view.turn.recordId === stop.recordId;
}

/** A process that is just ending gets a moment; one that stays is somebody's open session. */
function heldElsewhere(
  episode: Episode,
  session: SessionSnapshot,
  policy: ResumePolicy,
  context: PreflightContext,
): EpisodeChange {
  const graceEndsMs = episode.stop.atMs + context.liveGraceMs;
  if (context.nowMs < graceEndsMs)
    return { to: 'waiting', why: 'the process that stopped is still ending', dueAtMs: graceEndsMs };
  if (session.stop?.waitsItself === true)
    return {
      to: 'waiting',
      why: 'the agent tries again by itself',
      dueAtMs: context.nowMs + policy.backoff.maxMs,
    };
  const holder = session.pid === undefined ? 'a live process' : `live process ${session.pid}`;
  return { to: 'parked', why: `the session is open in ${holder}: go on there, or close it` };
}
