import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { Behaviour } from '../support/collector/collector.js';
import { TracedService, type TracedOptions } from '../support/traced-service.js';
import { until } from '../support/until.js';

jest.setTimeout(60_000);

const MIB = 1024 * 1024;
const DEAD: Behaviour[] = ['refuse', 'hang', 'black hole', 'status 404', 'status 503'];
const CASES = (['grpc', 'http'] as const).flatMap((protocol) =>
  DEAD.map((behaviour) => [protocol, behaviour] as const),
);

let traced: TracedService;
afterEach(() => traced.close());

async function startWith(behaviour: Behaviour, options: TracedOptions): Promise<void> {
  traced = await TracedService.start(options);
  await traced.collector.behave(behaviour);
}

/** The counter of what was dropped, by signal and reason. */
async function drops(): Promise<Record<string, number>> {
  const text = String(await traced.service.get('/metrics'));
  const series = text.matchAll(/^palingenesis_otel_dropped_total\{(.*)\} (\d+)$/gm);
  return Object.fromEntries(
    [...series].map(([, labels = '', value]) => {
      const [signal, reason] = ['signal', 'reason'].map(
        (name) => new RegExp(`${name}="(.*?)"`).exec(labels)?.[1],
      );
      return [`${signal} ${reason}`, Number(value)];
    }),
  );
}

const outageLines = () => traced.lines(/telemetry does not reach/);

describe('telemetry without a collector that works', () => {
  it.each(CASES)('over %s, one that is to %s: ends within 5 s', async (protocol, behaviour) => {
    await startWith(behaviour, { protocol });
    await traced.operate(1000);
    const ms = await traced.stop();
    console.log(protocol, behaviour, ms);
    expect(ms).toBeLessThan(5000);
    expect(traced.service.exitCode).toBe(0);
  });

  it.each(CASES)(
    'over %s, one that is to %s: says so once, and counts the loss',
    async (protocol, behaviour) => {
      await startWith(behaviour, { protocol, otel: { export_timeout_s: '1', queue_size: '600' } });
      await traced.operate(3000);
      await until(async () => outageLines()[0], {
        timeoutMs: 15_000,
        failure: () => `No word of the outage: ${traced.service.output()}`,
      });
      await traced.operate(3000);
      await until(async () => ((await drops())['traces queue_full'] ?? 0) > 0 || undefined, {
        timeoutMs: 15_000,
        failure: async () => `Not counted: ${JSON.stringify(await drops())}`,
      });
      const counted = await drops();
      console.log(protocol, behaviour, counted, outageLines());
      expect((counted['traces timeout'] ?? 0) + (counted['traces export_failed'] ?? 0)).toBeGreaterThan(0);
      expect(outageLines()).toHaveLength(1);
      expect(traced.lines(/OpenTelemetry:/)).toEqual([]);
    },
  );

  it.each(['grpc', 'http'] as const)('over %s: memory stays flat', async (protocol) => {
    await startWith('hang', { protocol });
    for (let round = 0; round < 3; round += 1) await traced.operate(10_000);
    const before = await traced.operate(10_000);
    for (let round = 0; round < 4; round += 1) await traced.operate(10_000);
    const after = await traced.operate(10_000);
    console.log(before / MIB, after / MIB);
    expect(after - before).toBeLessThan(40 * MIB);
  });
});
