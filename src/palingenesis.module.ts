import { Module, type DynamicModule, type FactoryProvider, type ModuleMetadata } from '@nestjs/common';
import { SettingsModule } from './config/config.module.js';
import type { Environment } from './config/layers.js';
import type { LoadOptions } from './config/load-settings.js';
import type { SettingsGiven } from './config/settings.js';
import { FEATURES, telemetry } from './features.js';
import { HttpModule } from './http/http.module.js';
import { LoggingModule } from './logging/logging.module.js';
import { StateLockModule } from './store/state-lock.module.js';
import { VERSION } from './version.js';

/** Where the settings come from: below all else are the defaults of `config/default.toml`. */
export type PalingenesisSettings = Readonly<{
  /** The settings that are said here, in the units of `config/default.toml`; they win over file and environment. */
  settings?: SettingsGiven;
  /** The settings file; without it the one the service would read, with `false` none. */
  configFile?: string | false;
  /** The environment with its `PALINGENESIS_…` variables, and those of the agents; that of this process by default. */
  env?: Environment;
}>;

/** What is part of the application beside watching and resuming. */
export type PalingenesisParts = Readonly<{
  /**
   * Whether this application has the API and the dashboard, at the paths the service has them at; not by default. It
   * takes `configureApi(app)` before it listens, or it does not start.
   */
  http?: boolean;
}>;

export type PalingenesisOptions = PalingenesisSettings & PalingenesisParts;

export type PalingenesisAsyncOptions = PalingenesisParts &
  Pick<ModuleMetadata, 'imports'> &
  Pick<FactoryProvider<PalingenesisSettings>, 'inject' | 'useFactory'>;

/**
 * The service as a part of another Nest application, which gives it its log, its port if it has one, and its end: call
 * `app.enableShutdownHooks()` or `app.close()`. It watches from the bootstrap on, and it is alone on its state folder:
 * where a second one starts, that one fails with an `AlreadyRunningError`.
 */
@Module({})
export class PalingenesisModule {
  /** Throws a `ConfigError` that names every setting which is not valid. */
  static forRoot(options: PalingenesisOptions = {}): DynamicModule {
    return composed(SettingsModule.forRoot(loadOptionsOf(options)), options);
  }

  /** The same with settings that are known only to a provider of the application. */
  static forRootAsync(options: PalingenesisAsyncOptions): DynamicModule {
    const { imports = [], inject = [], useFactory } = options;
    const load = async (...dependencies: unknown[]): Promise<LoadOptions> =>
      loadOptionsOf(await useFactory(...dependencies));
    const settings = SettingsModule.forRootAsync({ imports, inject, useFactory: load });
    return composed(settings, options);
  }
}

/** Requests have a log of their own, in the settings' form; the application's is told the rest. */
const API = [LoggingModule.forRoot(VERSION), HttpModule];

function composed(settings: DynamicModule, { http = false }: PalingenesisParts): DynamicModule {
  const imports = [telemetry(), settings, StateLockModule, ...FEATURES, ...(http ? API : [])];
  return { module: PalingenesisModule, imports };
}

function loadOptionsOf({ settings, configFile, env = process.env }: PalingenesisSettings): LoadOptions {
  return {
    env,
    settings,
    argv: typeof configFile === 'string' ? ['--config', configFile] : [],
    ...(configFile === false ? { userFile: false } : {}),
  };
}
