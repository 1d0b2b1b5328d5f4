import { AgentsModule } from './agents/agents.module.js';
import { AuditModule } from './audit/audit.module.js';
import { Config } from './config/config.js';
import { headersOf } from './config/otel-headers.js';
import { MonitorModule } from './monitor/monitor.module.js';
import { NotifyModule } from './notify/notify.module.js';
import { PlatformModule } from './platform/platform.module.js';
import { ResumeModule } from './resume/resume.module.js';
import { StoreModule } from './store/store.module.js';
import { SIGNALS, type TelemetryOptions } from './telemetry/telemetry-options.js';
import { TelemetryModule } from './telemetry/telemetry.module.js';
import { VERSION } from './version.js';

/** What watches and resumes, whether as a service or inside another application. */
export const FEATURES = [
  PlatformModule,
  StoreModule,
  AuditModule,
  AgentsModule,
  MonitorModule,
  ResumeModule,
  NotifyModule,
];

/** Telemetry as the settings want it. It is imported first, so that its flush comes last. */
export const telemetry = () =>
  TelemetryModule.forRootAsync({ inject: [Config], useFactory: telemetryOptions });

function telemetryOptions(config: Config): TelemetryOptions {
  const { otel } = config;
  return {
    ...otel,
    endpointIsSet: config.isSet('otel.endpoint'),
    headers: headersOf(otel.headers) ?? {},
    serviceVersion: VERSION,
    signals: SIGNALS.filter((signal) => otel[signal]),
    exportTimeoutMs: otel.exportTimeoutS * 1000,
  };
}
