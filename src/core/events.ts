import type { Episode, EpisodeState } from './episode.js';
import type { NotificationKind } from './notification.js';
import type { TraceParent } from './ports/telemetry.js';
import type { Run, RunOutcome } from './run.js';
import type { SessionSnapshot } from './session.js';
import type { Reset, Stop } from './stop.js';
import type { FrontMatterProblem, Workflow } from './workflow.js';

/** Facts, in the past tense; never commands. `trace`: where the trace of the episode it opens begins. */
export type DomainEvent = Readonly<
  | { type: 'session-stopped'; session: SessionSnapshot; stop: Stop; trace?: TraceParent | undefined }
  | { type: 'wording-unknown'; session: SessionSnapshot; stop: Stop }
  | { type: 'stop-repeated'; episode: Episode }
  | { type: 'reset-refined'; episode: Episode; stated: Reset; actual: Reset }
  | { type: 'session-progressed'; session: SessionSnapshot; by: 'prompt' | 'work' }
  | { type: 'run-ended'; run: Run; outcome: RunOutcome }
  | { type: 'episode-changed'; episode: Episode; from: EpisodeState | undefined }
  | { type: 'workflow-progressed'; path: string; workflow: Workflow; sessionIds: readonly string[] }
  | ({ type: 'workflow-unreadable'; path: string } & FrontMatterProblem)
  | {
      type: 'notification-ended';
      channel: string;
      kind: NotificationKind;
      outcome: 'delivered' | 'failed' | 'dropped';
    }
>;

export type EventOf<Type extends DomainEvent['type']> = Extract<DomainEvent, { type: Type }>;
