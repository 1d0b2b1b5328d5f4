import type { FactoryProvider, ModuleMetadata } from '@nestjs/common';

export type TelemetryOptions = Readonly<{
  enabled: boolean;
  endpoint: string;
  protocol: 'grpc' | 'http';
  serviceName: string;
  serviceVersion: string;
  samplingRatio: number;
}>;

export type TelemetryAsyncOptions = Pick<ModuleMetadata, 'imports'> &
  Pick<FactoryProvider<TelemetryOptions>, 'inject' | 'useFactory'>;

export const TELEMETRY_OPTIONS = Symbol('TELEMETRY_OPTIONS');
