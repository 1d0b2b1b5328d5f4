import { Module, type DynamicModule } from '@nestjs/common';
import { AgentsModule } from './agents/agents.module.js';
import { AuditModule } from './audit/audit.module.js';
import { Config } from './config/config.js';
import { SettingsModule } from './config/config.module.js';
import type { LoadOptions } from './config/load-settings.js';
import { headersOf } from './config/otel-headers.js';
import { HttpModule } from './http/http.module.js';
import { LogLevelModule } from './http/log-level/log-level.module.js';
import { LoggingModule } from './logging/logging.module.js';
import { MonitorModule } from './monitor/monitor.module.js';
import { PlatformModule } from './platform/platform.module.js';
import { ResumeModule } from './resume/resume.module.js';
import { StoreModule } from './store/store.module.js';
import { SIGNALS, type TelemetryOptions } from './telemetry/telemetry-options.js';
import { TelemetryModule } from './telemetry/telemetry.module.js';
import { VERSION } from './version.js';

/** The composition root. Telemetry comes first, so that its flush comes last. */
@Module({})
export class AppModule {
  /** Throws a `ConfigError` when the settings are not valid. */
  static forRoot(options: LoadOptions): DynamicModule {
    return {
      module: AppModule,
      imports: [
        TelemetryModule.forRootAsync({ inject: [Config], useFactory: telemetryOptions }),
        SettingsModule.forRoot(options),
        LoggingModule.forRoot(VERSION),
        PlatformModule,
        StoreModule,
        AuditModule,
        AgentsModule,
        MonitorModule,
        ResumeModule,
        HttpModule,
        LogLevelModule,
      ],
    };
  }
}

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
