import { beforeEach, describe, expect, it } from '@jest/globals';
import { MetricRegistry } from './metric-registry.js';
import type { Reading } from './metric-spec.js';
import { prometheusText } from './prometheus-text.js';

let metrics: MetricRegistry;
beforeEach(() => {
  metrics = new MetricRegistry();
});

async function reading(name: string): Promise<Reading> {
  const found = (await metrics.snapshot()).find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`${name} is missing`);
  return found;
}
const lines = async (name: string): Promise<readonly string[]> =>
  prometheusText([await reading(name)])
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

describe('a counter', () => {
  it('adds up by label and never goes down', async () => {
    const drops = metrics.counter('palingenesis_otel_dropped_total');
    drops.add(2, { signal: 'traces', reason: 'queue_full' });
    drops.add(3, { signal: 'traces', reason: 'queue_full' });
    drops.add(1, { signal: 'logs', reason: 'timeout' });
    for (const nothing of [0, -1, NaN]) drops.add(nothing, { signal: 'logs', reason: 'timeout' });
    expect(await lines('palingenesis_otel_dropped_total')).toEqual([
      'palingenesis_otel_dropped_total{signal="traces",reason="queue_full"} 5',
      'palingenesis_otel_dropped_total{signal="logs",reason="timeout"} 1',
    ]);
  });

  it('calls "other" what the catalogue does not list', async () => {
    metrics.counter('palingenesis_otel_dropped_total').add(1, { signal: 'traces', reason: '/home/me' });
    expect(await lines('palingenesis_otel_dropped_total')).toEqual([
      'palingenesis_otel_dropped_total{signal="traces",reason="other"} 1',
    ]);
  });

  it('keeps an open label from growing without a bound', async () => {
    const unknown = metrics.counter('palingenesis_unknown_wordings_total');
    for (let i = 0; i < 1000; i += 1) unknown.add(1, { agent: `agent-${i}` });
    const all = await lines('palingenesis_unknown_wordings_total');
    expect(all).toHaveLength(17);
    expect(all).toContain('palingenesis_unknown_wordings_total{agent="other"} 984');
  });
});

describe('a gauge', () => {
  it('counts what there is and sets all else to 0', async () => {
    const sessions = metrics.gauge('palingenesis_sessions');
    sessions.setCounts([
      { agent: 'a', state: 'working' },
      { agent: 'a', state: 'working' },
      { agent: 'b', state: 'stopped' },
    ]);
    sessions.setCounts([{ agent: 'a', state: 'working' }]);
    expect(await lines('palingenesis_sessions')).toEqual([
      'palingenesis_sessions{agent="a",state="working"} 1',
      'palingenesis_sessions{agent="b",state="stopped"} 0',
    ]);
  });

  it('can be read only when somebody asks', async () => {
    let reads = 0;
    const cancel = metrics.observe(async () => {
      reads += 1;
      metrics.gauge('palingenesis_uptime_seconds').set(reads, {});
    });
    expect(reads).toBe(0);
    expect(await lines('palingenesis_uptime_seconds')).toEqual(['palingenesis_uptime_seconds 1']);
    cancel();
    expect(await lines('palingenesis_uptime_seconds')).toEqual(['palingenesis_uptime_seconds 1']);
  });
});

describe('a histogram', () => {
  it('has cumulative buckets whose last is the count', async () => {
    const waits = metrics.histogram('palingenesis_wait_duration_seconds');
    for (const seconds of [1, 3, 5, 1e9, NaN]) waits.record(seconds, { agent: 'a' });
    const all = await lines('palingenesis_wait_duration_seconds');
    expect(all.slice(0, 3)).toEqual([
      'palingenesis_wait_duration_seconds_bucket{agent="a",le="1"} 1',
      'palingenesis_wait_duration_seconds_bucket{agent="a",le="5"} 3',
      'palingenesis_wait_duration_seconds_bucket{agent="a",le="15"} 3',
    ]);
    expect(all.slice(-3)).toEqual([
      'palingenesis_wait_duration_seconds_bucket{agent="a",le="+Inf"} 4',
      'palingenesis_wait_duration_seconds_sum{agent="a"} 1000000009',
      'palingenesis_wait_duration_seconds_count{agent="a"} 4',
    ]);
  });
});

describe('seeding', () => {
  it('starts at 0 what can be listed, and nothing else', async () => {
    metrics.seed({ agent: ['a', 'b'] });
    expect(await lines('palingenesis_unknown_wordings_total')).toEqual([
      'palingenesis_unknown_wordings_total{agent="a"} 0',
      'palingenesis_unknown_wordings_total{agent="b"} 0',
    ]);
    expect(await lines('palingenesis_http_requests_total')).toEqual([]);
    expect(await lines('process_open_fds')).toEqual([]);
  });

  it('changes no value', async () => {
    metrics.counter('palingenesis_unknown_wordings_total').add(7, { agent: 'a' });
    metrics.seed({ agent: ['a'] });
    expect(await lines('palingenesis_unknown_wordings_total')).toEqual([
      'palingenesis_unknown_wordings_total{agent="a"} 7',
    ]);
  });
});

describe('a snapshot', () => {
  it('stays as it was', async () => {
    const unknown = metrics.counter('palingenesis_unknown_wordings_total');
    unknown.add(1, { agent: 'a' });
    const before = await reading('palingenesis_unknown_wordings_total');
    unknown.add(1, { agent: 'a' });
    expect(before.series).toEqual([{ labels: { agent: 'a' }, value: 1 }]);
  });

  it('fails when what it observes does', async () => {
    metrics.observe(() => Promise.reject(new Error('the store is gone')));
    await expect(metrics.snapshot()).rejects.toThrow('the store is gone');
  });
});
