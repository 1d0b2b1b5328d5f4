/** The package for programs: the service as a Nest module, and all that modules beside it build on. */
export {
  PalingenesisModule,
  type PalingenesisAsyncOptions,
  type PalingenesisOptions,
  type PalingenesisParts,
  type PalingenesisSettings,
} from './palingenesis.module.js';
/** Sets an application up that has our API: what every request to it has to pass, its own routes included. */
export { configure as configureApi } from './service.js';
export { VERSION } from './version.js';

// What a module of your own marks its classes and methods with.
export { AgentAdapter } from './agents/agent-adapter.decorator.js';
export { NotificationChannel } from './notify/notification-channel.decorator.js';
export { ResumeStrategy } from './resume/strategies/resume-strategy.decorator.js';
export { OnEpisode, type OnEpisodeMethod } from './notify/on-episode.decorator.js';

// Ports: to be implemented, or injected.
export {
  Agent,
  RunFold,
  TranscriptFold,
  type AgentServer,
  type ServerPost,
  type DatabaseSessions,
  type FileOwner,
  type FileSessions,
  type Holders,
  type HomeLayout,
  type LooseRecord,
  type RunEnd,
  type WatchedFolder,
  type LoginSigns,
} from './core/ports/agent.js';
export type { AccountAnswer } from './core/ports/account-probe.js';
export type { AgentDaemon, AgentTerminal, RpcCall } from './core/ports/live-surface.js';
export type { AgentHooks, Connection, Folder, Reporter, Texts } from './core/ports/agent-hooks.js';
export { Channel, Undeliverable } from './core/ports/channel.js';
export { Clock, type Cancel } from './core/ports/clock.js';
export { EventBus } from './core/ports/event-bus.js';
export {
  ProcessHost,
  type Command,
  type ProcessExit,
  type ProcessInfo,
  type ProcessRef,
  type StartedProcess,
} from './core/ports/process-host.js';
export {
  Rows,
  SessionQueries,
  type ListedSession,
  type ReadMark,
  type SqlValue,
} from './core/ports/session-database.js';
export { SessionDirectory } from './core/ports/session-directory.js';
export { Strategy, type Attempt, type Fit, type Work } from './core/ports/strategy.js';
export type { TraceParent } from './core/ports/telemetry.js';

// What the ports and events speak of.
export { EPISODE_STATES, type AskedResume, type Episode, type EpisodeState } from './core/episode.js';
export { ERROR_CODES, PalingenesisError, type ErrorCode } from './core/errors.js';
export { CONTROL_ACTIONS, type ControlAction, type ControlUse, type Origin } from './core/control.js';
export {
  WITHHELD_RULES,
  type AuditedRequest,
  type DomainEvent,
  type EventOf,
  type WithheldRule,
} from './core/events.js';
export { HandoverFold, HandoverNotes, type Handover, type Todo } from './core/handover.js';
export type { Finding, Observation } from './core/finding.js';
export { NOTIFICATION_KINDS, type Notification, type NotificationKind } from './core/notification.js';
export {
  endingOf,
  type Run,
  type RunEnding,
  type RunKind,
  type RunOutcome,
  type RunTrace,
} from './core/run.js';
export type {
  LaunchContract,
  Liveness,
  ProcessClaim,
  RecordRef,
  SessionSnapshot,
  SessionView,
  Turn,
} from './core/session.js';
export type { Signal, SignalSource } from './core/signal.js';
export {
  evidence,
  STOP_REASONS,
  type EpochMs,
  type Evidence,
  type Reset,
  type ResetSource,
  type Stop,
  type StopReason,
  type Verdict,
} from './core/stop.js';
export { RESUME_MODES, type ResumeMode } from './core/policy.js';
export { TROUBLES, type Trouble, type TroubleKind } from './core/trouble.js';
export {
  WORKFLOW_KEYS,
  type FrontMatterProblem,
  type Step,
  type Workflow,
  type WorkflowKey,
  type WorkflowStatus,
} from './core/workflow.js';

// For readers of records.
export { parseRecord, stringOf, type JsonRecord } from './core/json-record.js';

// Settings, and what keeps an application from starting.
export { ConfigError } from './config/config-error.js';
export type { Environment } from './config/layers.js';
export type { ProjectRuleTable } from './config/project-rules.js';
export type { HeaderText } from './config/otel-headers.js';
export type * from './config/settings.js';
export { AlreadyRunningError } from './store/instance-lock.js';
