import { setTimeout as sleep } from 'node:timers/promises';
import { OtelDelivery } from './otel-delivery.js';
import { OtelOutage } from './otel-outage.js';

type Result = { code: number; error?: Error };
type Send = (items: string[], done: (result: Result) => void) => void;

const OK = { code: 0 };
const failed = (message: string, code?: number | string): Result => ({
  code: 1,
  error: Object.assign(new Error(message), code === undefined ? {} : { code }),
});

describe('OtelDelivery', () => {
  let warnings: string[];
  let drops: unknown[];
  let delivery: OtelDelivery;

  beforeEach(() => {
    warnings = [];
    drops = [];
    const words = { warn: (line: string) => void warnings.push(line), log: () => undefined };
    const counter = { add: (...dropped: unknown[]) => void drops.push(dropped) };
    delivery = new OtelDelivery(new OtelOutage(words, 'c'), counter, 3000);
  });

  function exportWith(send: Send, watched = delivery): Promise<Result> {
    const exporter = { export: send };
    watched.watch('traces', exporter);
    return new Promise((done) => exporter.export(['a', 'b'], done));
  }

  it('leaves a success as it is', async () => {
    await expect(exportWith((_, done) => done(OK))).resolves.toBe(OK);
    expect([drops, warnings]).toEqual([[], []]);
  });

  it.each([
    ['404 Not Found', failed('Not Found', 404)],
    ['7 PERMISSION_DENIED: no', failed('7 PERMISSION_DENIED: no', 7)],
    ['connect ECONNREFUSED ::1:4318', failed('connect ECONNREFUSED ::1:4318', 'ECONNREFUSED')],
    ['ECONNREFUSED', failed('', 'ECONNREFUSED')],
    ['no reason given', { code: 1 }],
  ])('counts what is lost and says why: %s', async (words, result) => {
    await exportWith((_, done) => done(result));
    expect(drops).toEqual([[2, { signal: 'traces', reason: 'export_failed' }]]);
    expect(warnings).toEqual([expect.stringContaining(`traces (${words})`)]);
  });

  it('cuts off what takes too long', async () => {
    const counter = { add: (...dropped: unknown[]) => void drops.push(dropped) };
    const words = { warn: () => undefined, log: () => undefined };
    const impatient = new OtelDelivery(new OtelOutage(words, 'c'), counter, 30);
    await expect(exportWith(() => undefined, impatient)).resolves.toMatchObject({ code: 1 });
    expect(drops).toEqual([[2, { signal: 'traces', reason: 'timeout' }]]);
  });

  it('tries again when gRPC finds nobody, as of a collector that restarts', async () => {
    const results = [failed('14 UNAVAILABLE: …', 14), OK];
    await expect(exportWith((_, done) => done(results.shift() ?? OK))).resolves.toBe(OK);
    expect(drops).toEqual([]);
  });

  it('waits for nothing any more once it is closed', async () => {
    let attempts = 0;
    const result = exportWith((_, done) => {
      attempts += 1;
      done(failed('14 UNAVAILABLE: …', 14));
    });
    await sleep(10);
    delivery.close();
    await expect(result).resolves.toMatchObject({ code: 1 });
    expect(attempts).toBe(2);
  });

  it('counts what a queue of the SDK has no room for', () => {
    const counter = delivery.queueMeters('logs').getMeter('sdk').createCounter('processed');
    counter.add(3, { 'error.type': 'queue_full' });
    counter.add(4, { 'error.type': 'Error' });
    counter.add(5);
    expect(drops).toEqual([[3, { signal: 'logs', reason: 'queue_full' }]]);
  });
});
