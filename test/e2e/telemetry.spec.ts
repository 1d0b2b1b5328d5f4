import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Collector } from '../support/collector/collector.js';
import type { ReceivedSpan } from '../support/collector/received.js';
import { TracedService, type TracedOptions } from '../support/traced-service.js';
import { until } from '../support/until.js';

jest.setTimeout(60_000);

let traced: TracedService;
afterEach(() => traced.close());

async function start(options?: TracedOptions): Promise<TracedService> {
  traced = await TracedService.start(options);
  return traced;
}

const named = (name: string) => (span: ReceivedSpan) => span.name === name;
const WITHOUT_PACKAGES = new URL('../support/without-otel-packages.mjs', import.meta.url).href;
const PROTOCOLS = ['grpc', 'http'] as const;

describe('telemetry', () => {
  it.each(PROTOCOLS)('enabled, says so with endpoint and protocol, and sends by %s', async (protocol) => {
    const { collector } = await start({ protocol });
    expect(traced.lines(/OpenTelemetry tracing enabled/)).toEqual([
      expect.stringContaining(`traces, logs, metrics by ${protocol} to ${collector.endpoint}`),
    ]);
    await traced.operate(1);
    await collector.untilSpans((spans) => spans.some(named('test.step')));
    await traced.stop();
    const signals = new Set(collector.requests.map(({ signal }) => signal));
    expect([...signals].sort()).toEqual(['logs', 'metrics', 'traces']);
    if (protocol === 'http') expect(collector.requests[0]?.headers['content-type']).toBe('application/json');
  });

  it('disabled, sends nothing', async () => {
    const { collector } = await start({ otel: { enabled: 'false' } });
    await traced.operate(10);
    await traced.stop();
    expect(collector.requests).toEqual([]);
    expect(traced.lines(/OpenTelemetry|telemetry/)).toEqual([]);
  });

  it('disabled by OTEL_SDK_DISABLED, whatever the settings say, sends nothing', async () => {
    const { collector } = await start({ env: { OTEL_SDK_DISABLED: 'true' } });
    await traced.operate(10);
    await traced.stop();
    expect(collector.requests).toEqual([]);
  });

  it('sends only the signals that are wanted', async () => {
    const { collector } = await start({ otel: { traces: 'false', metrics: 'false' } });
    await traced.operate(1);
    await traced.stop();
    expect(new Set(collector.requests.map(({ signal }) => signal))).toEqual(new Set(['logs']));
    expect(traced.lines(/OpenTelemetry enabled: logs by/)).toHaveLength(1);
  });

  it.each(PROTOCOLS)(
    'sends the headers of a collector that wants to know who is there, by %s',
    async (protocol) => {
      const { collector } = await start({
        protocol,
        otel: { headers: 'authorization=Bearer%20s3cret,x-team=a' },
        env: { OTEL_EXPORTER_OTLP_HEADERS: 'x-team=b,x-more=c' },
      });
      await traced.stop();
      expect(collector.requests.length).toBeGreaterThan(2);
      for (const { headers } of collector.requests)
        expect(headers).toMatchObject({ authorization: 'Bearer s3cret', 'x-team': 'a', 'x-more': 'c' });
      expect(traced.service.output()).not.toContain('s3cret');
    },
  );

  it('puts a span below the one it was opened in, across a wait', async () => {
    const { collector } = await start();
    await traced.operate(3);
    const spans = await collector.untilSpans((all) => all.filter(named('test.operation')).length === 3);
    const operations = spans.filter(named('test.operation'));
    const steps = spans.filter(named('test.step'));
    expect(steps.map(({ traceId, parentSpanId }) => ({ traceId, spanId: parentSpanId }))).toEqual(
      operations.map(({ traceId, spanId }) => ({ traceId, spanId })),
    );
    expect(new Set(operations.map(({ traceId }) => traceId)).size).toBe(3);
  });

  it('has one span for its life, with what it started below it and what it did linked to it', async () => {
    const { collector } = await start();
    await traced.operate(1);
    await traced.stop();
    const [daemon, ...others] = collector.spans().filter(named('daemon.run'));
    expect(others).toEqual([]);
    expect(daemon).toMatchObject({ parentSpanId: '', attributes: { 'service.version': expect.any(String) } });
    const { traceId, spanId } = daemon ?? {};
    const started = collector.spans().filter(named('monitor.watch'));
    expect(started).toEqual([expect.objectContaining({ traceId, parentSpanId: spanId })]);
    expect(traced.operations()).toEqual([expect.objectContaining({ links: [{ traceId, spanId }] })]);
    expect(traced.operations()[0]?.traceId).not.toBe(traceId);
  });

  it('nests everything below the span of its life when trace_shape is daemon', async () => {
    const { collector } = await start({ otel: { trace_shape: 'daemon' } });
    await traced.operate(2);
    await traced.stop();
    const daemon = collector.spans().find(named('daemon.run'));
    expect(new Set(collector.spans().map(({ traceId }) => traceId))).toEqual(new Set([daemon?.traceId]));
    expect(traced.operations().map(({ parentSpanId }) => parentSpanId)).toEqual(
      Array(2).fill(daemon?.spanId),
    );
  });

  it('flushes at shutdown what still waits', async () => {
    const { collector } = await start({ env: { OTEL_BSP_SCHEDULE_DELAY: '60000' } });
    await traced.operate(30);
    expect(collector.spans()).toEqual([]);
    expect(await traced.stop()).toBeLessThan(2000);
    expect(traced.operations()).toHaveLength(30);
    expect(traced.service.exitCode).toBe(0);
  });

  it('does not lose the span of a request that is open at shutdown', async () => {
    const { collector } = await start();
    const open = fetch(new URL('/test/open', traced.service.url)).catch(() => undefined);
    await traced.operate(1);
    await traced.stop();
    await open;
    expect(collector.spans().filter(named('test.open'))).toHaveLength(1);
  });

  it.each(['not a url', 'localhost:4317', 'ftp://127.0.0.1:1'])(
    'with the endpoint "%s" starts, warns once, and exports nothing',
    async (endpoint) => {
      const { collector } = await start({ otel: { endpoint } });
      await traced.operate(1);
      await traced.stop();
      expect(traced.lines(/telemetry/i)).toEqual([expect.stringContaining('otel.endpoint is no address')]);
      expect(collector.requests).toEqual([]);
      expect(traced.service.exitCode).toBe(0);
    },
  );

  it('without its packages starts, warns once, and goes on without', async () => {
    const { collector } = await start({ env: { NODE_OPTIONS: `--import=${WITHOUT_PACKAGES}` } });
    await traced.operate(1);
    await traced.stop();
    expect(traced.lines(/telemetry/i)).toEqual([
      expect.stringMatching(/nothing is exported: the package @opentelemetry\/\S+ is not installed; install/),
    ]);
    expect(collector.requests).toEqual([]);
  });

  it('says so when there is nothing to send', async () => {
    await start({ otel: { traces: 'false', logs: 'false', metrics: 'false' } });
    expect(traced.lines(/telemetry/i)).toEqual([expect.stringContaining('are all switched off')]);
  });

  it('sends a signal where its own variable says, unless the settings say where to send them', async () => {
    const elsewhere = await Collector.start({ protocol: 'http' });
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: elsewhere.endpoint,
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${elsewhere.endpoint}/mine/v1/traces`,
    };
    try {
      await start({ protocol: 'http', env });
      await traced.stop();
      expect(elsewhere.requests).toEqual([]);
      await traced.close();
      await start({ protocol: 'http', env, otel: { endpoint: undefined } });
      await traced.stop();
      expect(elsewhere.requests.map(({ path }) => path)).toEqual(
        expect.arrayContaining(['/mine/v1/traces', '/v1/logs', '/v1/metrics']),
      );
    } finally {
      await elsewhere.close();
    }
  });

  it.each(['operation', 'daemon'])('sends a tenth of the %s traces with a ratio of 0.1', async (shape) => {
    const { collector } = await start({ otel: { sampling_ratio: '0.1', trace_shape: shape } });
    await traced.operate(2000);
    await traced.stop();
    const kept = traced.operations().length;
    // 0.1 ± 6 standard deviations
    expect(kept).toBeGreaterThan(200 - 80);
    expect(kept).toBeLessThan(200 + 80);
    expect(collector.spans().filter(named('test.step'))).toHaveLength(kept);
    expect(collector.spans().filter(named('daemon.run'))).toHaveLength(1);
    expect(collector.spans().filter(named('monitor.watch'))).toHaveLength(1);
  });

  it.each(PROTOCOLS)('loses nothing of 10,000 traces, 5,000 in a second, by %s', async (protocol) => {
    const { collector } = await start({ protocol });
    await traced.operate(10_000);
    await traced.stop();
    expect(traced.operations()).toHaveLength(10_000);
    expect(collector.spans().filter(named('test.step'))).toHaveLength(10_000);
  });

  it('names the service, its version and its instance, and nothing of the machine', async () => {
    const { collector } = await start({
      otel: { service_name: 'night-shift' },
      env: {
        OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test,service.name=no',
        OTEL_SERVICE_NAME: 'no',
      },
    });
    await traced.stop();
    const resources = [...collector.spans(), ...collector.logs(), ...collector.metrics()].map((item) =>
      JSON.stringify(item.resource),
    );
    expect(new Set(resources).size).toBe(1);
    expect(collector.spans()[0]?.resource).toEqual({
      'service.name': 'night-shift',
      'service.version': expect.any(String),
      'service.instance.id': expect.stringMatching(/^[\da-f-]{36}$/),
      'deployment.environment.name': 'test',
    });
  });

  it('takes what its own settings leave open from the variables of OpenTelemetry', async () => {
    const { collector } = await start({
      env: { OTEL_SERVICE_NAME: 'theirs', OTEL_TRACES_SAMPLER: 'always_off' },
    });
    await traced.operate(50);
    await traced.stop();
    expect(traced.operations()).toEqual([]);
    expect(collector.logs()[0]?.resource['service.name']).toBe('theirs');
  });

  it('sends the records of its log with the span they belong to, and its metrics', async () => {
    const { collector } = await start();
    await traced.operate(1);
    await traced.stop();
    const bodies = collector.logs().map(({ body }) => body);
    expect(bodies).toContainEqual(expect.stringContaining('listens'));
    const names = collector.metrics().map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['palingenesis_state', 'palingenesis_http_request_duration_seconds']),
    );
    expect(traced.lines(/warn|error/)).toEqual([]);
  });

  it('is heard again when the collector comes back', async () => {
    const { collector } = await start();
    await collector.behave('refuse');
    await traced.operate(1);
    await until(async () => traced.lines(/telemetry does not reach/)[0], {
      timeoutMs: 20_000,
      failure: () => traced.service.output(),
    });
    await collector.behave('ok');
    await until(
      async () => {
        await traced.operate(1);
        return traced.lines(/telemetry reaches .* again/)[0];
      },
      { timeoutMs: 20_000, failure: () => traced.service.output() },
    );
  });
});
