import { Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { TELEMETRY_OPTIONS, type TelemetryAsyncOptions, type TelemetryOptions } from './telemetry-options.js';
import { NoTelemetry, TelemetryRuntime } from './telemetry-runtime.js';

/** Owns the OpenTelemetry provider. Import it first: shutdown runs backwards, so its flush comes last. */
@Module({})
export class TelemetryModule implements OnApplicationShutdown {
  constructor(private readonly runtime: TelemetryRuntime) {}

  /** The provider is registered, and its packages are loaded, only when the options say `enabled`. */
  static forRootAsync({ imports = [], inject = [], useFactory }: TelemetryAsyncOptions): DynamicModule {
    return {
      module: TelemetryModule,
      global: true,
      imports,
      providers: [
        { provide: TELEMETRY_OPTIONS, inject, useFactory },
        { provide: TelemetryRuntime, inject: [TELEMETRY_OPTIONS], useFactory: startRuntime },
      ],
      exports: [TelemetryRuntime],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.runtime.shutdown();
  }
}

async function startRuntime(options: TelemetryOptions): Promise<TelemetryRuntime> {
  if (!options.enabled) return new NoTelemetry();
  const { OtelRuntime } = await import('./otel-runtime.js');
  return OtelRuntime.start(options);
}
