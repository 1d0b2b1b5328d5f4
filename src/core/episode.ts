import type { TraceParent } from './ports/telemetry.js';
import type { LaunchContract } from './session.js';
import type { EpochMs, Stop } from './stop.js';

/** The life of an episode; what may follow what is in `TRANSITIONS`. */
export const EPISODE_STATES = [
  'detected',
  'waiting',
  'resuming',
  'verifying',
  'saved',
  'parked',
  'cancelled',
] as const;
export type EpisodeState = (typeof EPISODE_STATES)[number];

/**
 * `waiting → waiting` is a new due time. Only `verifying` leads to `saved`: nothing is saved without proof.
 * A parked episode waits for a human; when the human goes on in the session it is cancelled.
 */
export const TRANSITIONS: Readonly<Record<EpisodeState, readonly EpisodeState[]>> = {
  detected: ['waiting', 'parked', 'cancelled'],
  waiting: ['waiting', 'resuming', 'parked', 'cancelled'],
  resuming: ['verifying', 'waiting', 'parked'],
  verifying: ['saved', 'waiting', 'parked', 'cancelled'],
  parked: ['cancelled'],
  saved: [],
  cancelled: [],
};

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
  dueAtMs: EpochMs | undefined;
  /** Resumes started. */
  attempts: number;
  /** Resumes in a row that ended without new work. */
  withoutProgress: number;
  /** Where its trace stands; undefined when telemetry was off. */
  trace: TraceParent | undefined;
  /** The session its work went over to, where that was a new one. */
  successor?: string;
  createdAtMs: EpochMs;
  updatedAtMs: EpochMs;
  /** Grows with each change: a writer that read an older one is refused. */
  version: number;
}>;

/** What one transition changes besides the state. */
export type EpisodeChange = Readonly<{
  to: EpisodeState;
  why: string;
  dueAtMs?: EpochMs | undefined;
  stop?: Stop;
  attempts?: number;
  withoutProgress?: number;
  successor?: string | undefined;
}>;

export function mayBecome(from: EpisodeState, to: EpisodeState): boolean {
  return TRANSITIONS[from].includes(to);
}

/** True while something can still happen to it. */
export function isOpen(state: EpisodeState): boolean {
  return TRANSITIONS[state].length > 0;
}

/** The episode after a change. Throws on a change the table does not allow: that is a bug, never input. */
export function applyChange(episode: Episode, change: EpisodeChange, nowMs: EpochMs): Episode {
  if (!mayBecome(episode.state, change.to))
    throw new Error(`episode ${episode.id}: ${episode.state} cannot become ${change.to}`);
  return {
    ...episode,
    state: change.to,
    why: change.why,
    dueAtMs: change.to === 'waiting' ? change.dueAtMs : undefined,
    stop: change.stop ?? episode.stop,
    attempts: change.attempts ?? episode.attempts,
    withoutProgress: change.withoutProgress ?? episode.withoutProgress,
    ...(change.successor === undefined ? {} : { successor: change.successor }),
    updatedAtMs: nowMs,
    version: episode.version + 1,
  };
}
