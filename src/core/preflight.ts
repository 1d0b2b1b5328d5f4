import type { Episode, EpisodeChange } from './episode.js';
import { reachedCap, type PlanContext, type ResumePolicy } from './resume-plan.js';
import type { SessionSnapshot } from './session.js';
import type { EpochMs } from './stop.js';

/**
 * `reachable`: the process that holds the session can be told to go on. `nativeGraceMs`: how long after its reset an
 * agent that goes on by itself is given to do so.
 */
export type PreflightContext = PlanContext &
  Readonly<{ liveGraceMs: number; nativeGraceMs: number; reachable: boolean }>;

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
  const held = session.liveness === 'alive' ? heldElsewhere(episode, session, policy, context) : undefined;
  if (held !== undefined) return held;
  if (!policy.enabled) return { to: 'parked', why: 'resuming is switched off (resume.enabled = false)' };
  const cap = reachedCap(episode, policy, context);
  return cap === undefined ? undefined : { to: 'parked', why: cap };
}

/** True while the newest turn is still the one that stopped. */
function isStillAtStop({ stop }: Episode, { view }: SessionSnapshot): boolean {
  return 'recordId' in view.turn && view.turn.recordId === stop.recordId;
}

/**
 * A process that is just ending gets a moment, one that goes on by itself its time and a grace; any other that stays
 * is somebody's open session, and so is one whose time is over. What can be told to go on need not be left alone then.
 */
function heldElsewhere(
  episode: Episode,
  session: SessionSnapshot,
  policy: ResumePolicy,
  context: PreflightContext,
): EpisodeChange | undefined {
  const { nowMs, liveGraceMs, reachable } = context;
  const waitsItself = session.stop?.waitsItself === true;
  if (reachable && !waitsItself) return undefined;
  const graceEndsMs = episode.stop.atMs + liveGraceMs;
  if (nowMs < graceEndsMs)
    return { to: 'waiting', why: 'the process that stopped is still ending', dueAtMs: graceEndsMs };
  const leftUntilMs = waitsItself ? leftToItselfUntil(session, policy, context) : undefined;
  if (leftUntilMs !== undefined)
    return { to: 'waiting', why: 'the agent tries again by itself', dueAtMs: leftUntilMs };
  if (reachable) return undefined;
  const holder = session.pid === undefined ? 'a live process' : `live process ${session.pid}`;
  const stale = waitsItself ? ', which meant to go on by itself and did not' : '';
  return { to: 'parked', why: `the session is open in ${holder}${stale}: go on there, or close it` };
}

/** Undefined where its time is over. An agent that names no time is left alone as long as it lives. */
function leftToItselfUntil(
  { stop }: SessionSnapshot,
  { backoff }: ResumePolicy,
  { nowMs, nativeGraceMs }: PreflightContext,
): EpochMs | undefined {
  if (stop?.reset === undefined) return nowMs + backoff.maxMs;
  const untilMs = stop.reset.atMs + nativeGraceMs;
  return nowMs < untilMs ? untilMs : undefined;
}
