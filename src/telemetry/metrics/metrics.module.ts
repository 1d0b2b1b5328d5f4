import { Global, Module } from '@nestjs/common';
import { MetricRegistry } from './metric-registry.js';
import { ProcessMetrics } from './process-metrics.js';
import { MetricsRecorder } from './record-metrics.js';

/** Owns the numbers, counted whether or not telemetry is on. Listens to every event, emits none. */
@Global()
@Module({
  providers: [MetricRegistry, MetricsRecorder, ProcessMetrics],
  exports: [MetricRegistry],
})
export class MetricsModule {}
