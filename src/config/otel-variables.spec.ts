import { Config } from './config.js';
import { loadSettings } from './load-settings.js';

function configOf(env: Record<string, string>, ...argv: string[]): Config {
  const load = () => loadSettings({ argv, env, homeDir: '/home/ann' });
  return new Config(load(), load);
}

const otelOf = (env: Record<string, string>, ...argv: string[]) => configOf(env, ...argv).otel;

describe("OpenTelemetry's own variables", () => {
  it.each([
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:1' }, { endpoint: 'http://c:1' }],
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, { protocol: 'grpc' }],
    [
      { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' },
      { protocol: 'http', endpoint: 'http://localhost:4318' },
    ],
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }, { protocol: 'http' }],
    [{ OTEL_EXPORTER_OTLP_TIMEOUT: '2500' }, { exportTimeoutS: 2.5 }],
    [{ OTEL_BSP_EXPORT_TIMEOUT: '9000000' }, { exportTimeoutS: 60 }],
    [{ OTEL_BSP_MAX_QUEUE_SIZE: '100' }, { queueSize: 100 }],
    [{ OTEL_SERVICE_NAME: 'a', OTEL_RESOURCE_ATTRIBUTES: 'service.name=b' }, { serviceName: 'a' }],
    [{ OTEL_RESOURCE_ATTRIBUTES: 'k=v, service.name=b' }, { serviceName: 'b' }],
    [{ OTEL_TRACES_SAMPLER: 'always_off' }, { samplingRatio: 0 }],
    [
      { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' },
      { samplingRatio: 0.25 },
    ],
    [{ OTEL_SDK_DISABLED: 'TRUE' }, { enabled: false }],
  ])('%j gives %j', (env, expected) => {
    expect(otelOf(env)).toMatchObject(expected);
  });

  it.each([
    { OTEL_EXPORTER_OTLP_PROTOCOL: 'carrier-pigeon' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: ' ' },
    { OTEL_EXPORTER_OTLP_TIMEOUT: 'soon' },
    { OTEL_BSP_MAX_QUEUE_SIZE: '-1' },
    { OTEL_TRACES_SAMPLER: 'jaeger_remote' },
    { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '7' },
    { OTEL_TRACES_SAMPLER_ARG: '0.5' },
    { OTEL_SDK_DISABLED: 'no' },
  ])('%j changes nothing', (env) => {
    expect(otelOf(env)).toEqual(otelOf({}));
  });

  it('count less than what is said to this program alone', () => {
    const env = { OTEL_SERVICE_NAME: 'theirs', PALINGENESIS_OTEL__SERVICE_NAME: 'ours' };
    expect(otelOf(env).serviceName).toBe('ours');
    expect(otelOf({ OTEL_SERVICE_NAME: 'theirs' }, '--otel.service_name=ours').serviceName).toBe('ours');
  });

  it('can always switch telemetry off', () => {
    expect(otelOf({ OTEL_SDK_DISABLED: 'true' }, '--otel.enabled=true').enabled).toBe(false);
  });

  it('are not taken for what is said to this program', () => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:1' };
    expect(configOf(env).isSet('otel.endpoint')).toBe(false);
    expect(configOf({}).isSet('otel.endpoint')).toBe(false);
    expect(configOf(env, '--otel.endpoint=http://d:1').isSet('otel.endpoint')).toBe(true);
  });
});

describe('the endpoint', () => {
  it('follows the protocol as long as nobody says where it is', () => {
    expect(otelOf({}).endpoint).toBe('http://localhost:4317');
    expect(otelOf({}, '--otel.protocol=http').endpoint).toBe('http://localhost:4318');
    expect(otelOf({}, '--otel.protocol=http', '--otel.endpoint=http://c:1').endpoint).toBe('http://c:1');
  });
});
