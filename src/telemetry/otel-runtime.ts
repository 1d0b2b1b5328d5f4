import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { context, diag, DiagLogLevel, logs, metrics, propagation, trace } from '@opentelemetry/api';
import {
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { withoutCredentials } from '../config/secrets.js';
import { bridgeMetrics } from './metrics/otel-metrics-bridge.js';
import type { MetricRegistry } from './metrics/metric-registry.js';
import { OtelDelivery } from './otel-delivery.js';
import { OtelDiagLogger } from './otel-diag-logger.js';
import { endpointOf } from './otel-exporters.js';
import { OtelIds } from './otel-ids.js';
import { activeTraceIds, emitLogRecord } from './otel-logs.js';
import { OtelOutage } from './otel-outage.js';
import { createPipelines, type Pipelines } from './otel-pipelines.js';
import { OtelSampler } from './otel-sampler.js';
import { OtelTelemetry } from './otel-telemetry.js';
import type { TelemetryOptions } from './telemetry-options.js';
import { TelemetryRuntime, type LogStream } from './telemetry-runtime.js';

const log = new Logger('Telemetry');

const FLUSH_MS = 3000;
const LAST_METRICS_MS = 250;
/** Requests that the closing server cuts off end their spans a little later. */
const LAST_SPANS_MS = 20;
const LONGEST_TEXT = 4096;

/** The OpenTelemetry SDK, sending by OTLP. Imported only when telemetry is on. */
export class OtelRuntime extends TelemetryRuntime {
  #lastMetrics: Promise<void> | undefined;

  private constructor(
    private readonly options: TelemetryOptions,
    private readonly delivery: OtelDelivery,
    private readonly pipelines: Pipelines,
    readonly telemetry: OtelTelemetry,
  ) {
    super();
  }

  /** Rejects when it cannot work at all, say for want of a package or an address. */
  static async start(options: TelemetryOptions, registry: MetricRegistry): Promise<OtelRuntime> {
    const { signals, protocol, exportTimeoutMs, traceShape, serviceVersion } = options;
    if (signals.length === 0) throw new Error('traces, logs and metrics are all switched off');
    const address = addressOf(options);
    const outage = new OtelOutage(log, address);
    const drops = registry.counter('palingenesis_otel_dropped_total');
    const delivery = new OtelDelivery(outage, drops, exportTimeoutMs);
    const pipelines = await createPipelines(options, delivery);
    const ids = new OtelIds();
    startSdk(options, pipelines, ids);
    const diagLogger = new OtelDiagLogger(
      (line) => log.warn(line),
      () => outage.isOn,
    );
    diag.setLogger(diagLogger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
    bridgeMetrics(registry, metrics.getMeter('palingenesis'));
    const telemetry = new OtelTelemetry(ids, traceShape, { 'service.version': serviceVersion });
    const what = signals.includes('traces') ? 'OpenTelemetry tracing enabled' : 'OpenTelemetry enabled';
    log.log(`${what}: ${signals.join(', ')} by ${protocol} to ${address}`);
    return new OtelRuntime(options, delivery, pipelines, telemetry);
  }

  connectLogs(stream: LogStream): void {
    stream.traceIds = activeTraceIds;
    if (this.options.signals.includes('logs')) stream.onRecord(emitLogRecord);
  }

  async readLastMetrics(): Promise<void> {
    this.#lastMetrics = shutDown(this.pipelines.metricReaders);
    await Promise.race([this.#lastMetrics, sleep(LAST_METRICS_MS, undefined, { ref: false })]);
  }

  async shutdown(): Promise<void> {
    await sleep(LAST_SPANS_MS);
    this.telemetry.end('stopped');
    this.delivery.close();
    const inTime = await Promise.race([this.#flush(), sleep(FLUSH_MS, false, { ref: false })]);
    if (!inTime) log.warn(`the last telemetry could not be sent within ${FLUSH_MS / 1000} s`);
    for (const api of [trace, metrics, logs, context, propagation, diag]) api.disable();
  }

  async #flush(): Promise<true> {
    const { spanProcessors, logRecordProcessors } = this.pipelines;
    await Promise.all([this.#lastMetrics, shutDown([...spanProcessors, ...logRecordProcessors])]);
    return true;
  }
}

async function shutDown(parts: readonly { shutdown: () => Promise<void> }[]): Promise<void> {
  await Promise.allSettled(parts.map((part) => part.shutdown()));
}

function startSdk(options: TelemetryOptions, pipelines: Pipelines, idGenerator: OtelIds): void {
  const sdk = new NodeSDK({
    ...pipelines,
    // The default detectors would tell the command line, the user and the host.
    autoDetectResources: false,
    resource: resourceOf(options),
    sampler: new OtelSampler(options.samplingRatio),
    idGenerator,
    spanLimits: { attributeValueLengthLimit: LONGEST_TEXT },
    instrumentations: [],
  });
  sdk.start();
}

/** What the settings do not say, OTEL_RESOURCE_ATTRIBUTES may. */
function resourceOf({ serviceName, serviceVersion }: TelemetryOptions) {
  const own = { 'service.version': serviceVersion, 'service.instance.id': randomUUID() };
  const fromEnvironment = detectResources({ detectors: [resourceAttributesEnvDetector] });
  const name = resourceFromAttributes({ 'service.name': serviceName });
  return resourceFromAttributes(own).merge(fromEnvironment).merge(name);
}

/** Without what only its owner should read. */
function addressOf(options: TelemetryOptions): string {
  const all = options.signals.map((signal) => endpointOf(signal, options).replace(`/v1/${signal}`, ''));
  return [...new Set(all.map(withoutCredentials))].join(', ');
}
