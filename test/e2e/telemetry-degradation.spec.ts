import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { Behaviour } from '../support/collector/collector.js';
import { TracedService, type TracedOptions } from '../support/traced-service.js';
import { until } from '../support/until.js';

jest.setTimeout(60_000);

const DEAD: Behaviour[] = ['refuse', 'hang', 'black hole', 'status 404', 'status 503'];
const CASES = (['grpc', 'http'] as const).flatMap((protocol) =>
  DEAD.map((behaviour) => ({ protocol, behaviour })),
);

let traced: TracedService;
afterEach(() => traced.close());

async function start(options: TracedOptions): Promise<void> {
  traced = await TracedService.start(options);
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

const lostSpans = async () => {
  const counted = Object.entries(await drops()).filter(([what]) => what.startsWith('traces '));
  return counted.reduce((sum, [, count]) => sum + count, 0);
};

describe('telemetry without a collector that works', () => {
  it.each(CASES)('ends within 5 s: $protocol, $behaviour', async (options) => {
    await start(options);
    await traced.operate(1000);
    expect(await traced.stop()).toBeLessThan(5000);
    expect(traced.service.exitCode).toBe(0);
  });

  it.each(CASES)('says so once, and counts every span it loses: $protocol, $behaviour', async (options) => {
    await start({ ...options, otel: { export_timeout_s: '1', queue_size: '600' } });
    await traced.operate(3000);
    await until(async () => ((await lostSpans()) >= 6000 ? true : undefined), {
      timeoutMs: 20_000,
      failure: async () => `Not counted: ${JSON.stringify(await drops())}`,
    });
    expect(traced.lines(/telemetry does not reach/)).toHaveLength(1);
    expect(traced.lines(/OpenTelemetry:/)).toEqual([]);
  });

  it.each(['grpc', 'http'] as const)('needs no more memory: %s', async (protocol) => {
    // The spans of a second or two would not fit.
    const env = { NODE_OPTIONS: '--max-old-space-size=80' };
    await start({ protocol, behaviour: 'hang', env });
    await traced.operate(30_000);
    await expect(traced.service.get('/api/v1/status')).resolves.toBeDefined();
  });
});
