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

const FLUSH_MS = 3000;
const LAST_METRICS_MS = 250;
/** Requests that the closing server cuts off end their spans a little later. */
const LAST_SPANS_MS = 20;
const LONGEST_TEXT = 4096;

/** The OpenTelemetry SDK, sending by OTLP. Imported only when telemetry is on. */
export class OtelRuntime extends TelemetryRuntime {
  readonly #log = new Logger('Telemetry');
  readonly #outage: OtelOutage;
  readonly #delivery: OtelDelivery;
  readonly #ids = new OtelIds();
  #pipelines: Pipelines;
  #lastMetrics: Promise<void> | undefined;
  telemetry: OtelTelemetry;

  private constructor(
    private readonly options: TelemetryOptions,
    private readonly registry: MetricRegistry,
  ) {
    super();
    this.#outage = new OtelOutage(this.#log, addressesOf(options));
    const drops = registry.counter('palingenesis_otel_dropped_total');
    this.#delivery = new OtelDelivery(this.#outage, drops, options.exportTimeoutMs);
  }

  /** Rejects when it cannot work at all, say for want of a package or an address. */
  static async start(options: TelemetryOptions, registry: MetricRegistry): Promise<OtelRuntime> {
    const runtime = new OtelRuntime(options, registry);
    await runtime.#start();
    return runtime;
  }

  async #start(): Promise<void> {
    const { signals, traceShape, samplingRatio, serviceVersion, protocol } = this.options;
    this.#pipelines = await createPipelines(this.options, this.#delivery);
    const sdk = new NodeSDK({
      ...this.#pipelines,
      // The default detectors would tell the command line, the user and the host.
      autoDetectResources: false,
      resource: resourceOf(this.options),
      sampler: new OtelSampler(samplingRatio),
      idGenerator: this.#ids,
      spanLimits: { attributeValueLengthLimit: LONGEST_TEXT },
      instrumentations: [],
    });
    const diagLogger = new OtelDiagLogger(
      (line) => this.#log.warn(line),
      () => this.#outage.isOn,
    );
    diag.setLogger(diagLogger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
    sdk.start();
    bridgeMetrics(this.registry, metrics.getMeter('palingenesis'));
    this.telemetry = new OtelTelemetry(this.#ids, traceShape, { 'service.version': serviceVersion });
    const what = signals.includes('traces') ? 'OpenTelemetry tracing enabled' : 'OpenTelemetry enabled';
    this.#log.log(`${what}: ${signals.join(', ')} by ${protocol} to ${addressesOf(this.options)}`);
  }

  connectLogs(stream: LogStream): void {
    stream.traceIds = activeTraceIds;
    if (this.options.signals.includes('logs')) stream.onRecord(emitLogRecord);
  }

  async readLastMetrics(): Promise<void> {
    this.#lastMetrics = shutDown(this.#pipelines.metricReaders);
    await Promise.race([this.#lastMetrics, sleep(LAST_METRICS_MS, undefined, { ref: false })]);
  }

  async shutdown(): Promise<void> {
    await sleep(LAST_SPANS_MS);
    this.telemetry.end('stopped');
    this.#delivery.close();
    const inTime = await Promise.race([this.#flush(), sleep(FLUSH_MS, false, { ref: false })]);
    if (!inTime) this.#log.warn(`the last telemetry could not be sent within ${FLUSH_MS / 1000} s`);
    for (const api of [trace, metrics, logs, context, propagation, diag]) api.disable();
  }

  async #flush(): Promise<true> {
    const { spanProcessors, logRecordProcessors } = this.#pipelines;
    await Promise.all([this.#lastMetrics, shutDown([...spanProcessors, ...logRecordProcessors])]);
    return true;
  }
}

async function shutDown(parts: readonly { shutdown: () => Promise<void> }[]): Promise<void> {
  await Promise.allSettled(parts.map((part) => part.shutdown()));
}

/** What the settings do not say, OTEL_RESOURCE_ATTRIBUTES may. */
function resourceOf({ serviceName, serviceVersion }: TelemetryOptions) {
  const own = { 'service.version': serviceVersion, 'service.instance.id': randomUUID() };
  const fromEnvironment = detectResources({ detectors: [resourceAttributesEnvDetector] });
  const name = resourceFromAttributes({ 'service.name': serviceName });
  return resourceFromAttributes(own).merge(fromEnvironment).merge(name);
}

function addressesOf(options: TelemetryOptions): string {
  const all = options.signals.map((signal) => endpointOf(signal, options).replace(`/v1/${signal}`, ''));
  return [...new Set(all.map(withoutCredentials))].join(', ');
}
