import 'reflect-metadata';
import { plainToInstance, Transform, Type } from 'class-transformer';
import { IsOptional, ValidateNested } from 'class-validator';
import {
  DirectoryPath,
  DirectoryPaths,
  HeaderList,
  Host,
  Hosts,
  NotBelow,
  NumberBetween,
  OneOf,
  ProjectRuleList,
  QuietHourList,
  Seconds,
  Text,
  TimeZone,
  Toggle,
  WebAddress,
  WholeNumber,
} from './allowed.js';
import { RESUME_MODES, type ResumeMode } from '../core/policy.js';
import type { HeaderText } from './otel-headers.js';
import type { ProjectRuleTable } from './project-rules.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export const LOG_FORMATS = ['auto', 'human', 'json'] as const;
export const OTEL_PROTOCOLS = ['grpc', 'http'] as const;
export const TRACE_SHAPES = ['operation', 'daemon'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFormat = (typeof LOG_FORMATS)[number];
export type OtelProtocol = (typeof OTEL_PROTOCOLS)[number];
export type TraceShape = (typeof TRACE_SHAPES)[number];

type Constructor = new () => object;

function Section(type: Constructor): PropertyDecorator {
  return (target, property) => {
    Type(() => type)(target, property);
    ValidateNested()(target, property);
  };
}

export class HttpSettings {
  @Host() readonly host: string;
  @WholeNumber(0, 65_535) readonly port: number;
  @Hosts() readonly allowedHosts: readonly string[];
  /** Absolute once loaded. */
  @DirectoryPath() readonly tokenDir: string;
  @WholeNumber(KIB, 64 * MIB) readonly maxBodyBytes: number;
  @WholeNumber(1, 10_000_000) readonly maxRequestsPerMin: number;
  @WholeNumber(1, 100_000) readonly maxFailedLoginsPerMin: number;
}

export class IpcSettings {
  @Toggle() readonly enabled: boolean;
  /** Absolute once loaded. */
  @DirectoryPath() readonly socket: string;
}

export class EventsSettings {
  @WholeNumber(1, 10_000_000) readonly keepMax: number;
  @NumberBetween(0.01, 87_600) readonly keepH: number;
  @WholeNumber(1, 1_000_000) readonly queueMax: number;
  @WholeNumber(1, 100_000) readonly maxClients: number;
  @WholeNumber(4 * KIB, 64 * MIB) readonly clientBufferBytes: number;
  @Seconds(HOUR_S) readonly heartbeatS: number;
}

export class StateSettings {
  /** Absolute once loaded. */
  @DirectoryPath() readonly dir: string;
}

export class LogSettings {
  @OneOf(LOG_LEVELS) readonly level: LogLevel;
  @OneOf(LOG_FORMATS) readonly format: LogFormat;
  @DirectoryPath() readonly file: string;
  @NumberBetween(0.01, 10_000) readonly fileMaxMb: number;
  @WholeNumber(0, 1000) readonly fileKeep: number;
}

export class MonitorSettings {
  @WholeNumber(4 * KIB, 64 * MIB) readonly tailBytes: number;
  @WholeNumber(64 * KIB, 256 * MIB) readonly maxLineBytes: number;
  @WholeNumber(1, 64) readonly readConcurrency: number;
  @Seconds(HOUR_S) readonly rescanS: number;
  @Seconds(HOUR_S) readonly livenessS: number;
  @NumberBetween(0, 8760) readonly adoptWithinH: number;
  @NumberBetween(1, 87_600) readonly listOnlyAfterH: number;
  @WholeNumber(1, 1_000_000) readonly maxDatabaseSessions: number;
  @WholeNumber(1, 1_000_000) readonly maxEarlySignals: number;
  @Seconds(HOUR_S) readonly serverTimeoutS: number;
  @NumberBetween(0, HOUR_S) readonly askGraceS: number;
}

export class WorkflowSettings {
  /** Absolute, or below the working directory of each session. */
  @DirectoryPaths('none') readonly folders: readonly string[];
  @WholeNumber(KIB, 256 * KIB) readonly maxHeadBytes: number;
  @WholeNumber(1, 10_000) readonly maxFiles: number;
  @WholeNumber(1, 1000) readonly maxFolders: number;
}

export class ResumeSettings {
  @Toggle() readonly enabled: boolean;
  @OneOf(RESUME_MODES) readonly mode: ResumeMode;
  @QuietHourList() readonly quietHours: readonly string[];
  @TimeZone() readonly quietZone: string;
  @WholeNumber(0, 100_000) readonly budgetPerH: number;
  /** `projectRulesOf` reads them; their paths are absolute once loaded. */
  @ProjectRuleList() readonly projects: readonly ProjectRuleTable[];
  @Text(10_000) readonly prompt: string;
  @NumberBetween(0, HOUR_S) readonly marginStructuredS: number;
  @NumberBetween(0, HOUR_S) readonly marginTextS: number;
  @Seconds(DAY_S) readonly backoffInitialS: number;
  @NotBelow('backoffInitialS', 'no less than backoff_initial_s') @Seconds(DAY_S) readonly backoffMaxS: number;
  @WholeNumber(1, 100) readonly maxAttempts: number;
  @WholeNumber(1, 100) readonly maxWithoutProgress: number;
  @WholeNumber(1, 1000) readonly maxPerSessionDay: number;
  @WholeNumber(1, 100) readonly maxCrashes: number;
  @WholeNumber(1, 100) readonly maxCompactions: number;
  @Seconds(7 * DAY_S) readonly crashWindowS: number;
  @WholeNumber(1, 64) readonly maxConcurrent: number;
  @WholeNumber(1, 64) readonly maxPerAccount: number;
  @Seconds(HOUR_S) readonly slowStartStepS: number;
  @WholeNumber(1, 10_000) readonly batchSize: number;
  @NumberBetween(5, HOUR_S) readonly leaseS: number;
  @Seconds(7 * DAY_S) readonly timeSavedCapS: number;
  @Seconds(DAY_S) readonly progressTimeoutS: number;
  @Seconds(7 * DAY_S) readonly runTimeoutS: number;
  @Seconds(HOUR_S) readonly launchTimeoutS: number;
  @Seconds(HOUR_S) readonly answerTimeoutS: number;
  @WholeNumber(1000, 1_000_000) readonly handoverMaxChars: number;
  @WholeNumber(0, 10_000) readonly backupsKeep: number;
  @Toggle() readonly tmux: boolean;
  @Seconds(HOUR_S) readonly killGraceS: number;
  @Seconds(HOUR_S) readonly liveGraceS: number;
  @NumberBetween(0, DAY_S) readonly nativeGraceS: number;
  @NumberBetween(0, DAY_S) readonly earlyCheckS: number;
  @NumberBetween(0, 1_000_000) readonly minFreeMb: number;
  @Seconds(HOUR_S) readonly versionTimeoutS: number;
  @Seconds(HOUR_S) readonly clockCheckS: number;
}

export class AuditSettings {
  @NumberBetween(0.01, 10_000) readonly fileMaxMb: number;
  @WholeNumber(0, 1000) readonly fileKeep: number;
}

export class ControlSettings {
  @NumberBetween(0, 8760) readonly idempotencyH: number;
  @WholeNumber(1, 1_000_000) readonly maxIdempotencyKeys: number;
}

export class AgentSettings {
  @Toggle() readonly enabled: boolean;
  @Toggle() readonly resume: boolean;
  /** Absolute and never empty once loaded. */
  @DirectoryPaths('the default') readonly home: readonly string[];
  /** Where the agent looks by itself when started from here. Not an option: found out at load. */
  readonly defaultHomes: readonly string[];
  @Text(4096) readonly command: string;
  /** Where its configuration is a folder of its own; as `home`. */
  @IsOptional() @DirectoryPaths('the default') readonly configHome?: readonly string[];
  /** Where the agent can send telemetry of its own. */
  @IsOptional() @Toggle() readonly telemetry?: boolean;
}

export class WebhookSettings {
  /** A secret; empty: nobody is told. */
  @WebAddress() readonly url: string;
}

export class NotifySettings {
  @WholeNumber(1, 10_000) readonly queueSize: number;
  @WholeNumber(1, 20) readonly maxAttempts: number;
  @Seconds(HOUR_S) readonly retryInitialS: number;
  @NotBelow('retryInitialS', 'no less than retry_initial_s') @Seconds(DAY_S) readonly retryMaxS: number;
  @Seconds(HOUR_S) readonly timeoutS: number;
  @Section(WebhookSettings) readonly webhook: WebhookSettings;
}

export class OtelSettings {
  @Toggle() readonly enabled: boolean;
  // Not checked as an address: telemetry that cannot be sent must not keep the service from starting.
  @Text(2048) readonly endpoint: string;
  @OneOf(OTEL_PROTOCOLS) readonly protocol: OtelProtocol;
  @Text(255) readonly serviceName: string;
  @NumberBetween(0, 1) readonly samplingRatio: number;
  @Toggle() readonly traces: boolean;
  @Toggle() readonly logs: boolean;
  @Toggle() readonly metrics: boolean;
  @OneOf(TRACE_SHAPES) readonly traceShape: TraceShape;
  /** A secret; `headersOf` reads it. */
  @HeaderList() readonly headers: HeaderText;
  @WholeNumber(1, 100_000) readonly queueSize: number;
  @Seconds(60) readonly exportTimeoutS: number;
}

/** The keys of a record are data, which class-transformer has no words for. */
function SectionPerKey(type: Constructor): PropertyDecorator {
  return Transform(({ value }: { value: Record<string, object> }) =>
    Object.fromEntries(Object.entries(value).map(([key, plain]) => [key, plainToInstance(type, plain)])),
  );
}

/** All settings, in the units of `config/default.toml`, which documents each of them. */
export class Settings {
  @Section(HttpSettings) readonly http: HttpSettings;
  @Section(IpcSettings) readonly ipc: IpcSettings;
  @Section(EventsSettings) readonly events: EventsSettings;
  @Section(StateSettings) readonly state: StateSettings;
  @Section(LogSettings) readonly log: LogSettings;
  @Section(MonitorSettings) readonly monitor: MonitorSettings;
  @Section(WorkflowSettings) readonly workflow: WorkflowSettings;
  @Section(ResumeSettings) readonly resume: ResumeSettings;
  @Section(AuditSettings) readonly audit: AuditSettings;
  @Section(ControlSettings) readonly control: ControlSettings;
  @SectionPerKey(AgentSettings) readonly agents: Readonly<Record<string, AgentSettings>>;
  @Section(NotifySettings) readonly notify: NotifySettings;
  @Section(OtelSettings) readonly otel: OtelSettings;
}

/** A type with some of its keys, at every depth. */
export type PartOf<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { readonly [Key in keyof T]?: PartOf<T[Key]> }
    : T;

/** Some of the settings; what is left out comes from the other layers. */
export type SettingsGiven = PartOf<Settings>;
