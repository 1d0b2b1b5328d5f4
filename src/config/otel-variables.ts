import type { Environment, Given, Layer } from './layers.js';

/** Gives undefined for what makes no sense: such a variable is passed over, as OpenTelemetry asks. */
type Reading = (text: string, env: Environment) => unknown;

const verbatim: Reading = (text) => text;
const seconds: Reading = (text) => (Number(text) > 0 ? Math.min(Number(text) / 1000, 60) : undefined);
const queueSize: Reading = (text) => (/^[1-9]\d*$/.test(text) ? Math.min(Number(text), 100_000) : undefined);

const PROTOCOLS: Readonly<Record<string, string>> = {
  grpc: 'grpc',
  'http/json': 'http',
  'http/protobuf': 'http',
};

const SAMPLERS: Readonly<Record<string, (argument: number) => number>> = {
  always_on: () => 1,
  always_off: () => 0,
  traceidratio: (ratio) => ratio,
};

function samplingRatio(name: string, env: Environment): number | undefined {
  const argument = Number(env['OTEL_TRACES_SAMPLER_ARG'] ?? 1);
  const ratio = SAMPLERS[name.replace(/^parentbased_/, '')]?.(argument);
  return ratio !== undefined && ratio >= 0 && ratio <= 1 ? ratio : undefined;
}

function serviceNameAmong(attributes: string): string | undefined {
  return /(?:^|,)\s*service\.name=([^,]+)/.exec(attributes)?.[1]?.trim();
}

/** Later ones win. */
const VARIABLES: readonly (readonly [variable: string, path: string, read: Reading])[] = [
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'otel.endpoint', verbatim],
  ['OTEL_EXPORTER_OTLP_PROTOCOL', 'otel.protocol', (text) => PROTOCOLS[text]],
  ['OTEL_BSP_EXPORT_TIMEOUT', 'otel.export_timeout_s', seconds],
  ['OTEL_EXPORTER_OTLP_TIMEOUT', 'otel.export_timeout_s', seconds],
  ['OTEL_RESOURCE_ATTRIBUTES', 'otel.service_name', serviceNameAmong],
  ['OTEL_SERVICE_NAME', 'otel.service_name', verbatim],
  ['OTEL_TRACES_SAMPLER', 'otel.sampling_ratio', samplingRatio],
  ['OTEL_BSP_MAX_QUEUE_SIZE', 'otel.queue_size', queueSize],
];

/**
 * OpenTelemetry's standard variables as options of ours. Those about one signal alone, headers and certificates
 * are not among them: the exporters read these by themselves.
 */
export function readOtelVariables(env: Environment): Layer {
  const given = VARIABLES.flatMap(([variable, path, read]): Given[] => {
    const text = env[variable]?.trim() ?? '';
    const value = text === '' ? undefined : read(text, env);
    return value === undefined ? [] : [{ path, value, origin: originOf(variable) }];
  });
  return { given, problems: [] };
}

/** Above everything: who sets it wants no telemetry from any program. */
export function readOtelKillSwitch(env: Environment): Layer {
  const variable = 'OTEL_SDK_DISABLED';
  const disabled = env[variable]?.trim().toLowerCase() === 'true';
  const off = { path: 'otel.enabled', value: false, origin: originOf(variable) };
  return { given: disabled ? [off] : [], problems: [] };
}

const originOf = (variable: string): string => `environment ${variable}`;

/** Whether someone gave it to this program, not to OpenTelemetry at large, and not nobody. */
export function isOwn({ origin }: Given): boolean {
  return origin !== 'default' && !origin.startsWith('environment OTEL_');
}

/** Where collectors listen for the protocol, as long as nobody says otherwise. */
export function defaultEndpoint(options: ReadonlyMap<string, Given>): Given | undefined {
  const endpoint = options.get('otel.endpoint');
  const speaksHttp = options.get('otel.protocol')?.value === 'http';
  if (endpoint?.origin !== 'default' || !speaksHttp) return undefined;
  return { ...endpoint, value: 'http://localhost:4318' };
}
