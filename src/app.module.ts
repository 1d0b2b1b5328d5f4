import { Module, type DynamicModule } from '@nestjs/common';
import { SettingsModule } from './config/config.module.js';
import type { LoadOptions } from './config/load-settings.js';
import { FEATURES, telemetry } from './features.js';
import { DashboardModule } from './http/dashboard/dashboard.module.js';
import { HttpModule } from './http/http.module.js';
import { LogLevelModule } from './http/log-level/log-level.module.js';
import { LoggingModule } from './logging/logging.module.js';
import { VERSION } from './version.js';

/** The service: all features, with the log and the API of its own. */
@Module({})
export class AppModule {
  /** Throws a `ConfigError` when the settings are not valid. */
  static forRoot(options: LoadOptions): DynamicModule {
    return {
      module: AppModule,
      imports: [
        telemetry(),
        SettingsModule.forRoot(options),
        LoggingModule.forRoot(VERSION),
        ...FEATURES,
        HttpModule,
        DashboardModule,
        LogLevelModule,
      ],
    };
  }
}
