import '../support/type-strip.mjs';
import { mkdtemp, rm } from 'node:fs/promises';
import { appendFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fleet, homesIn } from './fleet.mjs';
import { writeHistory } from './history.mjs';
import { check, cpuMs, percentile, readBytes, row, rssMb } from './measure.mjs';
import { MOULDS, linesOf } from './moulds.mjs';

const { startService } = await import('../support/service-process.ts');

const FLEET = { 'claude-code': 400, codex: 250, opencode: 250, 'gemini-cli': 100 };
const STOPS = 400;
/** Appends a second, and every how many of them is a stop. */
const APPENDS_PER_S = 75;
const STOP_EVERY = 3;
/** Takes turns among all: no divisor in common with their numbers. */
const STRIDE = 7;
const IDLE_MS = 20_000;
const TRANSCRIPTS = 10_000;
const HISTORY_BYTES = 5 * 1024 ** 3;
const MB = 1024 ** 2;
const APPENDED_BYTES = 96 * MB;
const WRITERS = 12;
const SETTLE_MS = 3000;

async function within(work) {
  const dir = await mkdtemp(join(tmpdir(), 'bench-scale-'));
  try {
    await work(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function start(dir, settings) {
  return startService({
    env: { HOME: dir, PATH: process.env.PATH },
    stateDir: join(dir, 'state'),
    settings: { 'resume.enabled': 'false', ...settings },
  });
}

async function untilStill(service, bytes = readBytes) {
  for (let before = -1, now = await bytes(service.pid); now !== before;) {
    await sleep(300);
    [before, now] = [now, await bytes(service.pid)];
  }
}

async function episodesOf(service) {
  const all = [];
  for (let cursor = ''; cursor !== null;) {
    const page = await service.get(`/api/v1/episodes?limit=500${cursor && `&cursor=${cursor}`}`);
    all.push(...page.episodes);
    cursor = page.next_cursor;
  }
  return all;
}

async function idle(service, what) {
  const before = await cpuMs(service.pid);
  await sleep(IDLE_MS);
  const share = ((await cpuMs(service.pid)) - before) / IDLE_MS;
  check(`idle CPU with ${what}`, `${(share * 100).toFixed(2)} %`, 'bar 0.5 %', share <= 0.005);
}

/** Every third record is a stop, each of another session; the rest is work going on. */
async function latencies(service, fleet) {
  const resetAtS = Math.floor(Date.now() / 1000) + 86_400;
  const chosen = fleet.sessions.filter(({ agent }) => agent !== 'gemini-cli');
  const stopped = new Map();
  const startedMs = performance.now();
  for (let n = 0; stopped.size < STOPS; n += 1) {
    await sleep(Math.max(0, startedMs + (n * 1000) / APPENDS_PER_S - performance.now()));
    if (n % STOP_EVERY === 0) {
      const session = chosen[(stopped.size * STRIDE) % chosen.length];
      stopped.set(session.id, { session, atMs: fleet.stop(session, resetAtS) });
    } else fleet.work(fleet.sessions[(n * STRIDE) % fleet.sessions.length], n);
  }
  await sleep(1000);
  const seen = new Map(
    (await episodesOf(service)).map((each) => [each.session_id, Date.parse(each.created_at)]),
  );
  return [...stopped].map(([id, { session, atMs }]) => ({
    agent: session.agent,
    ms: (seen.get(id) ?? Infinity) - atMs,
  }));
}

async function detection(service, fleet) {
  const all = await latencies(service, fleet);
  for (const agent of [undefined, ...Object.keys(MOULDS), 'opencode']) {
    const ms = all.filter((each) => agent === undefined || each.agent === agent).map((each) => each.ms);
    if (ms.length === 0) continue;
    const [p50, p99, max] = [percentile(ms, 0.5), percentile(ms, 0.99), Math.max(...ms)];
    const value = `p50 ${p50}, p99 ${p99}, max ${max} ms`;
    if (agent === undefined)
      check(
        `record on disk → stop, ${fleet.sessions.length} sessions (n = ${ms.length})`,
        value,
        'bar p50 25, p99 100 ms',
        p50 <= 25 && p99 <= 100,
      );
    else row(`  of ${agent} (n = ${ms.length})`, value, '');
  }
}

export function benchFleet() {
  return within(async (dir) => {
    const fleet = await Fleet.start(dir, FLEET);
    const service = await start(dir, fleet.settings);
    try {
      await untilStill(service);
      await idle(service, `${fleet.sessions.length} sessions at work, 5 agents' processes`);
      await detection(service, fleet);
      await fleet.close();
      await sleep(SETTLE_MS * 2);
      await idle(service, `${fleet.sessions.length} sessions, no process`);
    } finally {
      await service.stop();
    }
  });
}

/** Starts it; gives when it said it was ready, and what it had read by then. */
async function startUntilReady(dir, settings) {
  const startedMs = performance.now();
  const service = await start(dir, settings);
  while (!(await fetch(`${service.url}/health/ready`)).ok) await sleep(5);
  const readyMs = performance.now() - startedMs;
  return { service, readyMs, startedMs, bytes: await readBytes(service.pid) };
}

export function benchStart() {
  return within(async (dir) => {
    const empty = await startUntilReady(join(dir, 'none'), homesIn(join(dir, 'none')).settings);
    await sleep(SETTLE_MS);
    const emptyMb = await rssMb(empty.service.pid);
    await empty.service.stop();
    const settings = writeHistory(dir, TRANSCRIPTS, HISTORY_BYTES);
    const full = await startUntilReady(dir, settings);
    try {
      const share = (full.bytes - empty.bytes) / HISTORY_BYTES;
      const name = `ready with ${TRANSCRIPTS} transcripts, ${HISTORY_BYTES / 1024 ** 3} GB`;
      check(name, `${full.readyMs.toFixed(0)} ms`, 'bar 2000 ms', full.readyMs <= 2000);
      check('  bytes read by then', `${(share * 100).toFixed(2)} %`, 'bar 1 %', share <= 0.01);
      await untilStill(full.service);
      const doneMs = performance.now() - full.startedMs;
      const all = (await readBytes(full.service.pid)) - empty.bytes;
      row(
        '  all of them read',
        `${doneMs.toFixed(0)} ms`,
        `${((100 * all) / HISTORY_BYTES).toFixed(1)} % of the bytes`,
      );
      await sleep(SETTLE_MS);
      const grownMb = (await rssMb(full.service.pid)) - emptyMb;
      row(
        '  memory for each of them',
        `${((grownMb * MB) / TRANSCRIPTS).toFixed(0)} B`,
        `${emptyMb.toFixed(0)} MB without any`,
      );
    } finally {
      await full.service.stop();
    }
  });
}

/** Lets every session write so many pieces in turn; gives MB per second of CPU. */
async function throughput(service, sessions, pieces) {
  const [beforeMs, beforeBytes] = [await cpuMs(service.pid), await readBytes(service.pid)];
  let bytes = 0;
  for (const [n, piece] of pieces.entries()) {
    appendFileSync(sessions[n % sessions.length].path, piece);
    bytes += Buffer.byteLength(piece);
    await sleep(0);
  }
  while ((await readBytes(service.pid)) - beforeBytes < bytes) await sleep(20);
  await untilStill(service, cpuMs);
  return bytes / MB / (((await cpuMs(service.pid)) - beforeMs) / 1000);
}

/** Pieces of about a megabyte, each of whole records of one session. */
function piecesOf(agent, sessions, totalBytes) {
  const mould = MOULDS[agent];
  const pieces = [];
  for (let bytes = 0, n = 0; bytes < totalBytes;) {
    const session = sessions[pieces.length % sessions.length];
    let piece = '';
    while (piece.length < MB) piece += linesOf(mould, session, mould.work((n += 1)));
    bytes += Buffer.byteLength(piece);
    pieces.push(piece);
  }
  return pieces;
}

export async function benchAppended() {
  for (const agent of Object.keys(MOULDS))
    await within(async (dir) => {
      const fleet = await Fleet.start(dir, { [agent]: WRITERS });
      const service = await start(dir, fleet.settings);
      try {
        await untilStill(service);
        const pieces = piecesOf(agent, fleet.sessions, APPENDED_BYTES);
        const perSecond = await throughput(service, fleet.sessions, pieces);
        check(
          `appended text of ${agent}`,
          `${perSecond.toFixed(0)} MB/s`,
          'bar 100 MB/s of CPU',
          perSecond >= 100,
        );
        const lines = pieces.slice(0, WRITERS).flatMap((piece) => piece.split(/(?<=\n)/));
        row(
          '  one record at a time',
          `${(await throughput(service, fleet.sessions, lines)).toFixed(0)} MB/s`,
          `${lines.length} records`,
        );
      } finally {
        await service.stop();
        await fleet.close();
      }
    });
}
