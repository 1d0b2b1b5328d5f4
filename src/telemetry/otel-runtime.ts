import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { NodeSDK } from '@opentelemetry/sdk-node';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  type SpanExporter,
} from '@opentelemetry/sdk-trace';
import { messageOf } from '../core/errors.js';
import type { TelemetryOptions } from './telemetry-options.js';
import { TelemetryRuntime } from './telemetry-runtime.js';

const FLUSH_MS = 4000;

/** The OpenTelemetry SDK with one OTLP exporter. Imported only when telemetry is on. */
export class OtelRuntime extends TelemetryRuntime {
  readonly #log = new Logger('Telemetry');

  private constructor(private readonly sdk: NodeSDK) {
    super();
  }

  static async start(options: TelemetryOptions): Promise<OtelRuntime> {
    const exporter = await createExporter(options);
    const sdk = new NodeSDK({
      // The default detectors would tell the command line, the user and the host.
      autoDetectResources: false,
      resource: resourceFromAttributes({
        'service.name': options.serviceName,
        'service.version': options.serviceVersion,
        'service.instance.id': randomUUID(),
      }),
      sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(options.samplingRatio) }),
      spanProcessors: [new BatchSpanProcessor({ exporter })],
      // Left out, the SDK starts exporters of its own for these.
      metricReaders: [],
      logRecordProcessors: [],
      instrumentations: [],
    });
    sdk.start();
    const runtime = new OtelRuntime(sdk);
    runtime.#log.log(`OpenTelemetry tracing enabled (${options.protocol}, ${options.endpoint})`);
    return runtime;
  }

  async shutdown(): Promise<void> {
    const bound = new Promise<void>((resolve) => setTimeout(resolve, FLUSH_MS).unref());
    const flushed = this.sdk.shutdown().catch((error: unknown) => {
      this.#log.warn(`the last spans could not be sent: ${messageOf(error)}`);
    });
    await Promise.race([flushed, bound]);
  }
}

async function createExporter({ protocol, endpoint }: TelemetryOptions): Promise<SpanExporter> {
  if (protocol === 'grpc') {
    const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-grpc');
    return new OTLPTraceExporter({ url: endpoint });
  }
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
  return new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` });
}
