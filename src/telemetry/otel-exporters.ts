import type { Signal, TelemetryOptions } from './telemetry-options.js';

/** Each loads the package of its protocol and signal alone. */
const PACKAGES = {
  grpc: {
    traces: () => import('@opentelemetry/exporter-trace-otlp-grpc'),
    logs: () => import('@opentelemetry/exporter-logs-otlp-grpc'),
    metrics: () => import('@opentelemetry/exporter-metrics-otlp-grpc'),
  },
  http: {
    traces: () => import('@opentelemetry/exporter-trace-otlp-http'),
    logs: () => import('@opentelemetry/exporter-logs-otlp-http'),
    metrics: () => import('@opentelemetry/exporter-metrics-otlp-http'),
  },
};

export async function createSpanExporter(options: TelemetryOptions) {
  const { OTLPTraceExporter } = await PACKAGES[options.protocol].traces();
  return new OTLPTraceExporter(await exporterOptions('traces', options));
}

export async function createLogExporter(options: TelemetryOptions) {
  const { OTLPLogExporter } = await PACKAGES[options.protocol].logs();
  return new OTLPLogExporter(await exporterOptions('logs', options));
}

export async function createMetricExporter(options: TelemetryOptions) {
  const { OTLPMetricExporter } = await PACKAGES[options.protocol].metrics();
  return new OTLPMetricExporter(await exporterOptions('metrics', options));
}

/** Headers of the OTEL_ variables, certificates and compression the exporters add by themselves. */
async function exporterOptions(signal: Signal, options: TelemetryOptions) {
  const { protocol, headers, exportTimeoutMs } = options;
  const common = { url: endpointOf(signal, options), timeoutMillis: exportTimeoutMs };
  if (protocol === 'http') return { ...common, headers: { ...headers } };
  const { Metadata } = await import('@grpc/grpc-js');
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  return { ...common, metadata };
}

/** Where a signal goes. Throws when that is no address of a collector. */
export function endpointOf(signal: Signal, options: TelemetryOptions, env = process.env): string {
  const variable = `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`;
  const ownOfSignal = options.endpointIsSet ? '' : (env[variable]?.trim() ?? '');
  if (ownOfSignal !== '') return checked(ownOfSignal, variable);
  const endpoint = checked(options.endpoint, 'otel.endpoint');
  return options.protocol === 'http' ? `${endpoint.replace(/\/+$/, '')}/v1/${signal}` : endpoint;
}

function checked(endpoint: string, name: string): string {
  const scheme = URL.canParse(endpoint) ? new URL(endpoint).protocol : '';
  if (scheme === 'http:' || scheme === 'https:') return endpoint;
  throw new Error(`${name} is no address (given "${endpoint}"); write one such as http://localhost:4317`);
}
