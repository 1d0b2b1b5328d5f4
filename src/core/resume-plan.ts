import { backoffMs, type Backoff } from './backoff.js';
import type { Episode, EpisodeChange } from './episode.js';
import { iso, type EpochMs, type Reset, type Stop, type StopReason } from './stop.js';

/** What is waited past a reset. */
export type Margins = Readonly<{
  /** Added to a reset the agent states to the second. */
  marginStructuredMs: number;
  /** Added to a reset read from words, which are cut to the minute. */
  marginTextMs: number;
}>;

/** The policy a plan is made by; all of it comes from the settings. */
export type ResumePolicy = Margins &
  Readonly<{
    enabled: boolean;
    backoff: Backoff;
    maxAttempts: number;
    maxWithoutProgress: number;
    maxPerSessionDay: number;
    maxCrashes: number;
    crashWindowMs: number;
  }>;

/** What the caps count besides the episode's own numbers. */
export type PlanContext = Readonly<{
  nowMs: EpochMs;
  random: number;
  resumesToday: number;
  /** Resumes of this session after crashes, within the window that counts. */
  crashResumes: number;
}>;

/** What to do about each reason. Exhaustive: a new reason without an entry does not compile. */
const ADVICE: Readonly<Record<StopReason, 'wait' | 'user' | { park: string } | { giveUp: string }>> = {
  usage_limit: 'wait',
  rate_limit: 'wait',
  overloaded: 'wait',
  network: 'wait',
  crash: 'wait',
  timeout: 'wait',
  user_exit: 'user',
  completed: 'user',
  context_exhausted: 'wait',
  auth: { park: 'the agent is not logged in: log in, then continue the session' },
  billing: { park: 'the account has no credit or no plan for this: settle it, then continue the session' },
  config: {
    park: 'the agent refuses its settings, such as the model: correct them, then continue the session',
  },
  refusal: { park: 'the model refused: look at the session' },
  awaiting_input: { park: 'the agent waits for an answer: look at the session' },
  budget_exhausted: { park: 'the run used up its own budget: raise it, then continue the session' },
  session_missing: { giveUp: 'the agent does not know this session any more: there is nothing to resume' },
  unknown: { park: 'the reason of this stop is unknown, and only failures that can be named are resumed' },
};

/**
 * A process that put its claim away may have been told to end, or interrupted: Claude Code 2.1.197 does not always
 * write down an interruption. What the user may have wanted is not undone.
 */
const SURE_CRASH = 0.9;
const DOUBTFUL_CRASH =
  'its process was told to end, perhaps by its user: continue the session if it should go on';

/** Whether waiting mends it, so that the session can go on afterwards without anybody's help. */
export function isResumable({ reason, confidence }: Pick<Stop, 'reason' | 'confidence'>): boolean {
  return ADVICE[reason] === 'wait' && (reason !== 'crash' || confidence >= SURE_CRASH);
}

/** What becomes of an episode in view of its (possibly new) stop: a due time, a human, or nothing. */
export function plan(
  episode: Episode,
  stop: Stop,
  policy: ResumePolicy,
  context: PlanContext,
): EpisodeChange {
  const advice = ADVICE[stop.reason];
  if (advice === 'user') return { to: 'cancelled', why: `left alone: ${stop.evidence.text}`, stop };
  if (advice !== 'wait') return withoutUs(advice, stop);
  if (stop.reason === 'crash' && stop.confidence < SURE_CRASH)
    return { to: 'parked', why: DOUBTFUL_CRASH, stop };
  if (!policy.enabled)
    return { to: 'parked', why: 'resuming is switched off (resume.enabled = false)', stop };
  if (episode.contract === undefined)
    return { to: 'parked', why: 'the records do not name a working directory to resume in', stop };
  const cap = reachedCap({ ...episode, stop }, policy, context);
  if (cap !== undefined) return { to: 'parked', why: cap, stop };
  return wait(episode, stop, policy, context);
}

function wait(episode: Episode, stop: Stop, policy: ResumePolicy, context: PlanContext): EpisodeChange {
  if (stop.reason === 'context_exhausted')
    return { to: 'waiting', why: 'the context is full: waiting mends nothing', stop, dueAtMs: context.nowMs };
  if (stop.reset !== undefined) {
    const dueAtMs = dueAfter(stop.reset, policy);
    const source = stop.reset.source === 'text' ? 'its words' : 'the agent';
    const why = `${stop.reason} until ${iso(stop.reset.atMs)} (${source}), due ${iso(dueAtMs)}`;
    // A limit that holds at its own reset is probed with growing waits, never at once again.
    if (dueAtMs > context.nowMs || episode.withoutProgress === 0)
      return { to: 'waiting', why, stop, dueAtMs };
  }
  const waitMs = backoffMs(policy.backoff, episode.withoutProgress, context.random);
  const dueAtMs = context.nowMs + waitMs;
  const why = `${stop.reason}, no reset ahead: next try in ${Math.round(waitMs / 1000)} s, due ${iso(dueAtMs)}`;
  return { to: 'waiting', why, stop, dueAtMs };
}

function withoutUs(advice: { park: string } | { giveUp: string }, stop: Stop): EpisodeChange {
  return 'park' in advice
    ? { to: 'parked', why: advice.park, stop }
    : { to: 'gave_up', why: advice.giveUp, stop };
}

/** The instant a resume may start: the reset plus the margin its source calls for. */
export function dueAfter(reset: Reset, policy: Margins): EpochMs {
  const exact = reset.source === 'structured' || reset.source === 'header';
  return reset.atMs + (exact ? policy.marginStructuredMs : policy.marginTextMs);
}

/** The cap that forbids one more resume, in words, or undefined. */
export function reachedCap(episode: Episode, policy: ResumePolicy, context: PlanContext): string | undefined {
  if (episode.attempts >= policy.maxAttempts)
    return `${episode.attempts} resumes in this episode (resume.max_attempts)`;
  if (episode.withoutProgress >= policy.maxWithoutProgress)
    return `${episode.withoutProgress} resumes without progress (resume.max_without_progress)`;
  if (context.resumesToday >= policy.maxPerSessionDay)
    return `${context.resumesToday} resumes of this session in a day (resume.max_per_session_day)`;
  if (episode.stop.reason === 'crash' && context.crashResumes >= policy.maxCrashes)
    return `a crash loop: ${context.crashResumes} resumes after crashes in ${policy.crashWindowMs / 1000} s (resume.max_crashes)`;
  return undefined;
}
