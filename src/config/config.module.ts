import { Module, type DynamicModule, type FactoryProvider, type ModuleMetadata } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { Config } from './config.js';
import { loadSettings, type LoadedSettings, type LoadOptions } from './load-settings.js';

export type SettingsAsyncOptions = Pick<ModuleMetadata, 'imports'> &
  Pick<FactoryProvider<LoadOptions>, 'inject' | 'useFactory'>;

const LOAD_OPTIONS = Symbol('LOAD_OPTIONS');

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
        // Not global: an application around this one has settings of its own.
        ConfigModule.forRoot({
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

  /** Where only the application can tell the settings; a `ConfigError` keeps it from starting. */
  static forRootAsync({ imports = [], inject = [], useFactory }: SettingsAsyncOptions): DynamicModule {
    return {
      module: SettingsModule,
      global: true,
      imports,
      providers: [
        { provide: LOAD_OPTIONS, inject, useFactory },
        { provide: Config, inject: [LOAD_OPTIONS], useFactory: configOf },
      ],
      exports: [Config],
    };
  }
}

function configOf(options: LoadOptions): Config {
  const load = (): LoadedSettings => loadSettings(options);
  return new Config(load(), load);
}
