import type { ControlUse, Origin } from './control.js';
import type { Episode, EpisodeState } from './episode.js';
import { POLICY_RULES } from './policy.js';
import type { NotificationKind } from './notification.js';
import type { TraceParent } from './ports/telemetry.js';
import type { Run, RunOutcome } from './run.js';
import type { SessionSnapshot } from './session.js';
import type { EpochMs, Reset, Stop } from './stop.js';
import type { Trouble } from './trouble.js';
import type { FrontMatterProblem, Workflow } from './workflow.js';

/** What keeps a resume from being done: a rule of the user, or what the last look before acting found. */
export const WITHHELD_RULES = [...POLICY_RULES, 'preflight', 'paused'] as const;
export type WithheldRule = (typeof WITHHELD_RULES)[number];
/**
 * A request that changed something, or was refused to. `route`: the pattern, undefined where nothing answers there.
 * `origin`: `socket`, or the address it came from.
 */
export type AuditedRequest = Readonly<{
  method: string;
  route: string | undefined;
  origin: string;
  status: number;
  requestId: string | undefined;
}>;

/** Facts, in the past tense; never commands. `trace`: where the trace of the episode it opens begins. */
export type DomainEvent = Readonly<
  | { type: 'session-stopped'; session: SessionSnapshot; stop: Stop; trace?: TraceParent | undefined }
  | { type: 'wording-unknown'; session: SessionSnapshot; stop: Stop }
  | { type: 'stop-repeated'; episode: Episode }
  | { type: 'reset-refined'; episode: Episode; stated: Reset; actual: Reset }
  | { type: 'session-progressed'; session: SessionSnapshot; by: 'prompt' | 'work' }
  | { type: 'run-ended'; run: Run; outcome: RunOutcome }
  | { type: 'episode-changed'; episode: Episode; from: EpisodeState | undefined }
  /** What was due, or would be, is not done: told once for each reason of an episode. */
  | { type: 'resume-withheld'; episode: Episode; rule: WithheldRule; why: string; untilMs?: EpochMs }
  /** What would keep a resume that is not due yet from being done. */
  | { type: 'preflight-troubled'; episode: Episode; problems: readonly Trouble[] }
  | { type: 'control-used'; control: ControlUse }
  | { type: 'pause-changed'; paused: boolean; origin: Origin | undefined }
  | { type: 'settings-reloaded'; changed: readonly string[] }
  | { type: 'workflow-progressed'; path: string; workflow: Workflow; sessionIds: readonly string[] }
  | ({ type: 'request-audited' } & AuditedRequest)
  | ({ type: 'workflow-unreadable'; path: string } & FrontMatterProblem)
  | {
      type: 'notification-ended';
      channel: string;
      kind: NotificationKind;
      outcome: 'delivered' | 'failed' | 'dropped';
    }
>;

export type EventOf<Type extends DomainEvent['type']> = Extract<DomainEvent, { type: Type }>;
