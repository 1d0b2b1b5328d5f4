import {
  Logger,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { messageOf } from '../core/errors.js';
import { Telemetry } from '../core/ports/telemetry.js';
import { MetricRegistry } from './metrics/metric-registry.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { TELEMETRY_OPTIONS, type TelemetryAsyncOptions, type TelemetryOptions } from './telemetry-options.js';
import { NoTelemetryRuntime, TelemetryRuntime } from './telemetry-runtime.js';

/**
 * Owns the OpenTelemetry provider and gives everyone the `Telemetry` port. Emits nothing.
 * Import it first: shutdown runs backwards, so its flush comes last.
 */
@Module({})
export class TelemetryModule implements BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(private readonly runtime: TelemetryRuntime) {}

  /** The provider is registered, and its packages are loaded, only when the options say `enabled`. */
  static forRootAsync({ imports = [], inject = [], useFactory }: TelemetryAsyncOptions): DynamicModule {
    return {
      module: TelemetryModule,
      global: true,
      imports: [...imports, MetricsModule],
      providers: [
        { provide: TELEMETRY_OPTIONS, inject, useFactory },
        { provide: TelemetryRuntime, inject: [TELEMETRY_OPTIONS, MetricRegistry], useFactory: startRuntime },
        {
          provide: Telemetry,
          inject: [TelemetryRuntime],
          useFactory: ({ telemetry }: TelemetryRuntime) => telemetry,
        },
      ],
      exports: [TelemetryRuntime, Telemetry],
    };
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.runtime.readLastMetrics();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.runtime.shutdown();
  }
}

/** Never rejects: what cannot be told anybody must not keep the service from its work. */
async function startRuntime(options: TelemetryOptions, registry: MetricRegistry): Promise<TelemetryRuntime> {
  if (!options.enabled) return new NoTelemetryRuntime();
  try {
    const { OtelRuntime } = await import('./otel-runtime.js');
    return await OtelRuntime.start(options, registry);
  } catch (error) {
    new Logger('Telemetry').warn(`telemetry is enabled, but nothing is exported: ${reasonOf(error)}`);
    return new NoTelemetryRuntime();
  }
}

function reasonOf(error: unknown): string {
  const message = messageOf(error);
  const missing = /Cannot find (?:package|module) '([^']+)'/.exec(message)?.[1];
  if (missing === undefined) return message;
  return `the package ${missing} is not installed; install the optional packages: npm ci --include=optional`;
}
