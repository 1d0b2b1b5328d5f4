import type { FactoryProvider, ModuleMetadata } from '@nestjs/common';

export const SIGNALS = ['traces', 'logs', 'metrics'] as const;
export type Signal = (typeof SIGNALS)[number];

export type TelemetryOptions = Readonly<{
  enabled: boolean;
  /** Base address of the collector. */
  endpoint: string;
  /** Somebody chose it for this program: it counts for all signals, whatever the OTEL_ variables say of one. */
  endpointIsSet: boolean;
  protocol: 'grpc' | 'http';
  /** Secret. */
  headers: Readonly<Record<string, string>>;
  serviceName: string;
  serviceVersion: string;
  samplingRatio: number;
  signals: readonly Signal[];
  traceShape: 'operation' | 'daemon';
  /** How many ended spans, and as many log records, wait to be sent. */
  queueSize: number;
  exportTimeoutMs: number;
}>;

export type TelemetryAsyncOptions = Pick<ModuleMetadata, 'imports'> &
  Pick<FactoryProvider<TelemetryOptions>, 'inject' | 'useFactory'>;

export const TELEMETRY_OPTIONS = Symbol('TELEMETRY_OPTIONS');
