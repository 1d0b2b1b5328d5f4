import '../support/type-strip.mjs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { check, load, median, rssMb, row } from './measure.mjs';

const { Collector } = await import('../support/collector/collector.ts');
const { startService } = await import('../support/service-process.ts');

const REPO = fileURLToPath(new URL('../../', import.meta.url));
/** What a dashboard asks for, and the lightest request there is: what telemetry costs shows most beside little work. */
const USUAL = '/api/v1/status';
const LIGHTEST = '/api/v1/log-level';
const STARTS = 3;
const ROUNDS = 3;
const WARM_UP = 4_000;
const REQUESTS = 10_000;
const SETTLE_MS = 3_000;

/** The same application without its telemetry: the module gives everyone the port that does nothing. */
async function withoutTelemetry() {
  const dir = join(REPO, '.bench');
  await rm(dir, { recursive: true, force: true });
  await cp(join(REPO, 'dist'), dir, { recursive: true });
  await writeFile(join(dir, 'telemetry/span.js'), 'export const Span = () => () => undefined;\n');
  await writeFile(
    join(dir, 'telemetry/telemetry.module.js'),
    `import { Module } from '@nestjs/common';
import { NoTelemetry, Telemetry } from '../core/ports/telemetry.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { NoTelemetryRuntime, TelemetryRuntime } from './telemetry-runtime.js';
export class TelemetryModule {
  static forRootAsync() {
    const providers = [
      { provide: Telemetry, useClass: NoTelemetry },
      { provide: TelemetryRuntime, useClass: NoTelemetryRuntime },
    ];
    return { module: TelemetryModule, global: true, imports: [MetricsModule], providers, exports: [Telemetry, TelemetryRuntime] };
  }
}
Module({})(TelemetryModule);
`,
  );
  return join(dir, 'main.js');
}

async function start(main, settings) {
  const home = await mkdtemp(join(tmpdir(), 'bench-'));
  const env = { HOME: home, PATH: process.env.PATH };
  const startedMs = performance.now();
  const service = await startService({
    env,
    stateDir: join(home, 'state'),
    // As fast as they can, from one client.
    settings: { ...settings, 'http.max_requests_per_min': '10000000' },
    ...(main ? { main } : {}),
  });
  return { service, home, startMs: performance.now() - startedMs };
}

async function stop({ service, home }) {
  await service.stop();
  await rm(home, { recursive: true, force: true });
}

/** The best start time and the memory of several starts, one variant after the other in each round. */
async function measureStarts(variants) {
  const seen = variants.map(() => ({ startMs: [], rss: [] }));
  for (let round = 0; round < STARTS; round += 1)
    for (const [index, { main, settings }] of variants.entries()) {
      const started = await start(main, settings);
      await started.service.get(USUAL);
      await sleep(SETTLE_MS);
      seen[index].startMs.push(started.startMs);
      seen[index].rss.push(await rssMb(started.service.pid));
      await stop(started);
    }
  return seen.map(({ startMs, rss }) => ({ startMs: Math.min(...startMs), rss: median(rss) }));
}

/** All variants live at once and are asked in turn, so that the noise of the machine meets them alike. */
async function measureRequests(variants, path) {
  const running = [];
  for (const { main, settings } of variants) running.push(await start(main, settings));
  const seen = variants.map(() => ({ cpuUs: [], perSecond: [] }));
  for (const { service } of running) await load(service.pid, `${service.url}${path}`, WARM_UP);
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [index, { service }] of running.entries()) {
      const { cpuUs, perSecond } = await load(service.pid, `${service.url}${path}`, REQUESTS);
      seen[index].cpuUs.push(cpuUs);
      seen[index].perSecond.push(perSecond);
    }
  const dropped = await droppedBy(running.at(-1).service);
  for (const started of running) await stop(started);
  return {
    dropped,
    seen: seen.map(({ cpuUs, perSecond }) => ({ cpuUs: median(cpuUs), perSecond: median(perSecond) })),
  };
}

async function droppedBy(service) {
  const lines = (await service.get('/metrics')).split('\n');
  const values = lines.filter((line) => line.startsWith('palingenesis_otel_dropped_total{'));
  return values.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

/** Prints what telemetry costs: off beside an application without it, and on beside off. */
export async function benchTelemetry() {
  const collector = await Collector.start({ protocol: 'http' });
  const removed = { main: await withoutTelemetry(), settings: {} };
  const off = { settings: {} };
  const on = {
    settings: { 'otel.enabled': 'true', 'otel.protocol': 'http', 'otel.endpoint': collector.endpoint },
  };
  try {
    const [bare, own] = await measureStarts([removed, off]);
    const ratio = (a, b) => `ratio ${(a / b).toFixed(2)}`;
    const both = (a, b, digits = 0) => `${a.toFixed(digits)} / ${b.toFixed(digits)}`;
    row(
      'start: telemetry off / removed',
      `${both(own.startMs, bare.startMs)} ms`,
      `${ratio(own.startMs, bare.startMs)} (bar 1.02)`,
    );
    row(
      'RSS: telemetry off / removed',
      `${both(own.rss, bare.rss, 1)} MB`,
      `${ratio(own.rss, bare.rss)} (bar 1.02)`,
    );
    for (const path of [USUAL, LIGHTEST]) {
      const { seen, dropped } = await measureRequests([removed, off, on], path);
      const [without, isOff, isOn] = seen;
      console.log(`\nGET ${path}`);
      row(
        'CPU per request: off / removed',
        `${both(isOff.cpuUs, without.cpuUs)} µs`,
        `${ratio(isOff.cpuUs, without.cpuUs)} (bar 1.02)`,
      );
      row(
        'CPU per request: on, ratio 1.0 / off',
        `${both(isOn.cpuUs, isOff.cpuUs)} µs`,
        `${ratio(isOn.cpuUs, isOff.cpuUs)} (bar 1.40)`,
      );
      check(
        `spans dropped at ${isOn.perSecond.toFixed(0)} requests/s`,
        String(dropped),
        'bar 0',
        dropped === 0,
      );
    }
  } finally {
    await collector.close();
    await rm(join(REPO, '.bench'), { recursive: true, force: true });
  }
}
