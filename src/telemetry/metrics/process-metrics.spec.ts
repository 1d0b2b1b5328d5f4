import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { MetricRegistry } from './metric-registry.js';
import { ProcessMetrics } from './process-metrics.js';

let metrics: MetricRegistry;
let source: ProcessMetrics;
beforeEach(() => {
  metrics = new MetricRegistry();
  source = new ProcessMetrics(metrics);
  source.onModuleInit();
});
afterEach(() => source.onApplicationShutdown());

async function read(): Promise<Readonly<Record<string, number | undefined>>> {
  const readings = await metrics.snapshot();
  return Object.fromEntries(
    readings.flatMap((reading) =>
      reading.kind === 'number' ? [[reading.name, reading.series[0]?.value]] : [],
    ),
  );
}

describe('the process', () => {
  it('tells its memory, processor time, start and descriptors', async () => {
    const figures = await read();
    expect(figures['process_resident_memory_bytes']).toBeGreaterThan(1e7);
    expect(figures['nodejs_heap_size_used_bytes']).toBeGreaterThan(1e6);
    expect(figures['process_cpu_user_seconds_total']).toBeGreaterThan(0);
    expect(figures['process_open_fds']).toBeGreaterThan(2);
    const ageSeconds = Date.now() / 1000 - (figures['process_start_time_seconds'] ?? 0);
    expect(Math.abs(ageSeconds - process.uptime())).toBeLessThan(2);
  });

  it('measures the event loop from the first reading on, without the rhythm of the measuring', async () => {
    expect((await read())['nodejs_eventloop_lag_max_seconds']).toBeUndefined();
    await sleep(100);
    const untilMs = performance.now() + 300;
    while (performance.now() < untilMs);
    await sleep(100);
    const lag = (await read())['nodejs_eventloop_lag_max_seconds'];
    expect(lag).toBeGreaterThan(0.2);
    expect(lag).toBeLessThan(0.6);
    await sleep(300);
    expect((await read())['nodejs_eventloop_lag_mean_seconds']).toBeLessThan(0.02);
  });
});
