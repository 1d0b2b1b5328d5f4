import { Module, type DynamicModule } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { Config } from './config.js';
import { loadSettings, type LoadedSettings, type LoadOptions } from './load-settings.js';

/** Owns the settings: loads them once, gives everyone the `Config`. Emits nothing. */
@Module({})
export class SettingsModule {
  /** Throws a `ConfigError` right here, before Nest starts, so that the caller can tell it to the user. */
  static forRoot(options: LoadOptions): DynamicModule {
    const load = (): LoadedSettings => loadSettings(options);
    const loaded = load();
    return {
      module: SettingsModule,
      global: true,
      imports: [
        ConfigModule.forRoot({
          isGlobal: true,
          ignoreEnvFile: true,
          validatePredefined: false,
          skipProcessEnv: true,
          load: [() => ({ palingenesis: loaded })],
        }),
      ],
      providers: [
        {
          provide: Config,
          inject: [ConfigService],
          useFactory: (service: ConfigService) =>
            new Config(service.getOrThrow<LoadedSettings>('palingenesis'), load),
        },
      ],
      exports: [Config],
    };
  }
}
