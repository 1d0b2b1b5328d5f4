import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type MetricData,
} from '@opentelemetry/sdk-metrics';
import { METRICS } from './metric-catalog.js';
import { bridgeMetrics } from './otel-metrics-bridge.js';
import { MetricRegistry } from './metric-registry.js';

const DAY_MS = 86_400_000;

let exporter: InMemoryMetricExporter;
let provider: MeterProvider;
let metrics: MetricRegistry;
beforeEach(() => {
  exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: DAY_MS });
  provider = new MeterProvider({ readers: [reader] });
  metrics = new MetricRegistry();
});
afterEach(() => provider.shutdown());

async function exported(name: string): Promise<MetricData | undefined> {
  exporter.reset();
  await provider.forceFlush();
  const scopes = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics);
  return scopes.flatMap((scope) => scope.metrics).find(({ descriptor }) => descriptor.name === name);
}

describe('the bridge to OpenTelemetry', () => {
  it('exports counters and gauges as they stand when it collects', async () => {
    metrics.counter('palingenesis_unknown_wordings_total').add(2, { agent: 'a' });
    bridgeMetrics(metrics, provider.getMeter('test'));
    metrics.counter('palingenesis_unknown_wordings_total').add(1, { agent: 'a' });
    metrics.observe(() => metrics.gauge('palingenesis_uptime_seconds').set(7, {}));
    expect((await exported('palingenesis_unknown_wordings_total'))?.dataPoints).toMatchObject([
      { attributes: { agent: 'a' }, value: 3 },
    ]);
    const uptime = await exported('palingenesis_uptime_seconds');
    expect(uptime?.descriptor).toMatchObject({ unit: 's', description: expect.stringContaining('running') });
    expect(uptime?.dataPoints).toMatchObject([{ value: 7 }]);
  });

  it('hands on what histograms record from then on, with the buckets of the catalogue', async () => {
    const waits = metrics.histogram('palingenesis_wait_duration_seconds');
    waits.record(1, { agent: 'a' });
    const cancel = bridgeMetrics(metrics, provider.getMeter('test'));
    waits.record(20, { agent: 'a' });
    const boundaries = [...METRICS.palingenesis_wait_duration_seconds.buckets];
    const count = async () => (await exported('palingenesis_wait_duration_seconds'))?.dataPoints;
    expect(await count()).toMatchObject([
      { attributes: { agent: 'a' }, value: { count: 1, sum: 20, buckets: { boundaries } } },
    ]);
    cancel();
    waits.record(20, { agent: 'a' });
    expect(await count()).toMatchObject([{ value: { count: 1 } }]);
  });
});
