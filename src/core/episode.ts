import type { TraceParent } from './ports/telemetry.js';
import type { LaunchContract } from './session.js';
import type { EpochMs, Stop } from './stop.js';

/**
 * The life of an episode; what may follow what is in `TRANSITIONS`.
 * `planned` decided: a due time, or at once · `waiting` until it is due · `gated` due, and held by its account's gate, a
 * cap, a policy or the pause · `preflight` let go, and looked at once more · `resuming` its run is started · `verifying`
 * it works anew · `parked` a human is needed · `gave_up` nobody can do anything.
 */
export const EPISODE_STATES = [
  'detected',
  'planned',
  'waiting',
  'gated',
  'preflight',
  'resuming',
  'verifying',
  'saved',
  'parked',
  'gave_up',
  'cancelled',
] as const;
export type EpisodeState = (typeof EPISODE_STATES)[number];

/**
 * `planned` is where each new due time is decided, whatever was before. Only `verifying` leads to `saved`: nothing is
 * saved without proof. A resume goes through `gated` and `preflight` always, be it for an instant.
 */
export const TRANSITIONS: Readonly<Record<EpisodeState, readonly EpisodeState[]>> = {
  detected: ['planned', 'parked', 'gave_up', 'cancelled'],
  planned: ['planned', 'waiting', 'gated', 'parked', 'gave_up', 'cancelled'],
  waiting: ['planned', 'gated', 'parked', 'gave_up', 'cancelled'],
  gated: ['planned', 'gated', 'preflight', 'parked', 'gave_up', 'cancelled'],
  preflight: ['planned', 'resuming', 'parked', 'gave_up', 'cancelled'],
  resuming: ['planned', 'verifying', 'parked', 'gave_up', 'cancelled'],
  verifying: ['planned', 'saved', 'parked', 'gave_up', 'cancelled'],
  parked: ['planned', 'gave_up', 'cancelled'],
  saved: [],
  gave_up: [],
  cancelled: [],
};

/** States that still lead somewhere, and those that do not. */
export const OPEN_STATES = EPISODE_STATES.filter(isOpen);
export const FINAL_STATES = EPISODE_STATES.filter((state) => !isOpen(state));
/** States in which nothing of ours works on the session yet: somebody who goes on in it cancels the episode. */
export const PENDING_STATES = ['planned', 'waiting', 'gated', 'parked'] as const satisfies EpisodeState[];

/** One stop and everything done about it. Stored before anything is done. */
export type Episode = Readonly<{
  id: string;
  agent: string;
  sessionId: string;
  contract: LaunchContract | undefined;
  /** The stop it is about now; a resume that is still limited replaces it. */
  stop: Stop;
  state: EpisodeState;
  /** One sentence: why it is in this state. */
  why: string;
  /** When it may start; kept from the plan until it does. */
  dueAtMs: EpochMs | undefined;
  /** Resumes started, since a human last sent it on. */
  attempts: number;
  /** Resumes in a row that ended without new work. */
  withoutProgress: number;
  /** How often a human sent it on after it was parked. */
  acks: number;
  /** How long the session worked in the resume that saved it; see docs/time-saved.md. */
  timeSavedMs: number | undefined;
  /** Where its trace stands; undefined when telemetry was off. */
  trace: TraceParent | undefined;
  /** The session its work went over to, where that was a new one. */
  successor?: string;
  /** Set while a person has asked for its next resume, which the user's rules then do not hold. */
  asked?: AskedResume;
  createdAtMs: EpochMs;
  updatedAtMs: EpochMs;
  /** Grows with each change: a writer that read an older one is refused. */
  version: number;
}>;

/** A resume a person asks for, perhaps by one strategy. */
export type AskedResume = Readonly<{ strategy?: string }>;

/** What one transition changes besides the state. */
export type EpisodeChange = Readonly<{
  to: EpisodeState;
  why: string;
  /** Of `planned`, `waiting` and `gated`; left out, the one before stays. */
  dueAtMs?: EpochMs | undefined;
  stop?: Stop;
  attempts?: number;
  withoutProgress?: number;
  successor?: string | undefined;
  acks?: number;
  timeSavedMs?: number;
  asked?: AskedResume;
}>;

export function mayBecome(from: EpisodeState, to: EpisodeState): boolean {
  return TRANSITIONS[from].includes(to);
}

/** True while something can still happen to it. */
export function isOpen(state: EpisodeState): boolean {
  return TRANSITIONS[state].length > 0;
}

export function isPending(state: EpisodeState): boolean {
  const pending: readonly EpisodeState[] = PENDING_STATES;
  return pending.includes(state);
}

const DUE_STATES: readonly EpisodeState[] = ['planned', 'waiting', 'gated'];
const BEFORE_ACTING: readonly EpisodeState[] = [...DUE_STATES, 'preflight'];

/** The episode after a change. Throws on a change the table does not allow: that is a bug, never input. */
export function applyChange(episode: Episode, change: EpisodeChange, nowMs: EpochMs): Episode {
  if (!mayBecome(episode.state, change.to))
    throw new Error(`episode ${episode.id}: ${episode.state} cannot become ${change.to}`);
  const { asked: askedBefore, ...rest } = episode;
  const asked = BEFORE_ACTING.includes(change.to) ? (change.asked ?? askedBefore) : undefined;
  return {
    ...rest,
    state: change.to,
    why: change.why,
    dueAtMs: DUE_STATES.includes(change.to) ? (change.dueAtMs ?? episode.dueAtMs) : undefined,
    stop: change.stop ?? episode.stop,
    attempts: change.attempts ?? episode.attempts,
    withoutProgress: change.withoutProgress ?? episode.withoutProgress,
    ...(change.successor === undefined ? {} : { successor: change.successor }),
    acks: change.acks ?? episode.acks,
    timeSavedMs: change.timeSavedMs ?? episode.timeSavedMs,
    ...(asked === undefined ? {} : { asked }),
    updatedAtMs: nowMs,
    version: episode.version + 1,
  };
}

/** The steps that lead to a change: what is to wait is planned first. */
export function stepsTo(from: EpisodeState, change: EpisodeChange): readonly EpisodeChange[] {
  return change.to === 'waiting' && from !== 'planned' ? [{ ...change, to: 'planned' }, change] : [change];
}

/**
 * Names one resume: its session, the record that shows the stop, and the reset. A resume that was judged to be without
 * progress, and a human who sends the episode on, are each a reason for one more; nothing else is. The store refuses a
 * second run under one key.
 */
export function resumeKey({ sessionId, stop, withoutProgress, acks }: Episode): string {
  return JSON.stringify([sessionId, stop.recordId, stop.reset?.atMs ?? null, withoutProgress, acks]);
}
