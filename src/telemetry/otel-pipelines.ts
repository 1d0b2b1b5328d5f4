import { BatchLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace';
import type { OtelDelivery } from './otel-delivery.js';
import { createLogExporter, createMetricExporter, createSpanExporter } from './otel-exporters.js';
import type { Signal, TelemetryOptions } from './telemetry-options.js';

/** `delivery` cuts an export off before the queues' own, coarser limits do. */
const LIMIT_SLACK_MS = 1000;

export type Pipelines = Awaited<ReturnType<typeof createPipelines>>;

/** From the queue to the wire, for each signal that is wanted; empty for the others, or the SDK adds its own. */
export async function createPipelines(options: TelemetryOptions, delivery: OtelDelivery) {
  const has = (signal: Signal): boolean => options.signals.includes(signal);
  return {
    spanProcessors: has('traces') ? [await spans(options, delivery)] : [],
    logRecordProcessors: has('logs') ? [await logRecords(options, delivery)] : [],
    metricReaders: has('metrics') ? [await metricReader(options, delivery)] : [],
  };
}

async function spans(options: TelemetryOptions, delivery: OtelDelivery) {
  const exporter = await createSpanExporter(options);
  delivery.watch('traces', exporter);
  const selfObsMeterProvider = delivery.queueMeters('traces');
  return new BatchSpanProcessor({ exporter, selfObsMeterProvider, ...queue('BSP', 5000, options) });
}

async function logRecords(options: TelemetryOptions, delivery: OtelDelivery) {
  const exporter = await createLogExporter(options);
  delivery.watch('logs', exporter);
  const selfObsMeterProvider = delivery.queueMeters('logs');
  return new BatchLogRecordProcessor({ exporter, selfObsMeterProvider, ...queue('BLRP', 1000, options) });
}

async function metricReader(options: TelemetryOptions, delivery: OtelDelivery) {
  const exporter = await createMetricExporter(options);
  delivery.watch('metrics', exporter);
  const exportIntervalMillis = fromEnvironment('OTEL_METRIC_EXPORT_INTERVAL', 60_000);
  const exportTimeoutMillis = Math.min(options.exportTimeoutMs + LIMIT_SLACK_MS, exportIntervalMillis);
  return new PeriodicExportingMetricReader({ exporter, exportIntervalMillis, exportTimeoutMillis });
}

/** A processor that is constructed here does not read these variables by itself. */
function queue(name: 'BSP' | 'BLRP', delayMs: number, { queueSize, exportTimeoutMs }: TelemetryOptions) {
  return {
    maxQueueSize: queueSize,
    maxExportBatchSize: Math.min(fromEnvironment(`OTEL_${name}_MAX_EXPORT_BATCH_SIZE`, 512), queueSize),
    scheduledDelayMillis: fromEnvironment(`OTEL_${name}_SCHEDULE_DELAY`, delayMs),
    exportTimeoutMillis: exportTimeoutMs + LIMIT_SLACK_MS,
  };
}

function fromEnvironment(variable: string, fallback: number): number {
  const given = Number(process.env[variable]);
  return given > 0 ? given : fallback;
}
