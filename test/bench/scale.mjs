import '../support/type-strip.mjs';
import { appendFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fleet, homesIn } from './fleet.mjs';
import { writeHistory } from './history.mjs';
import { check, cpuMs, percentile, queuedMs, readBytes, row, rssMb } from './measure.mjs';
import { MOULDS, linesOf } from './moulds.mjs';

const { startService } = await import('../support/service-process.ts');

const FLEET = { 'claude-code': 400, codex: 250, opencode: 250, 'gemini-cli': 100 };
const STOPS = 400;
/** Appends a second, and every how many of them is a stop. */
const APPENDS_PER_S = 75;
const STOP_EVERY = 3;
/** Takes turns among all: no divisor in common with their number. */
const STRIDE = 7;
/** One look at all that is on disk falls into it. */
const IDLE_MS = 30_000;
const SETTLE_MS = 4000;
const TRANSCRIPTS = 10_000;
const GB = 1024 ** 3;
const MB = 1024 ** 2;
const HISTORY_BYTES = 5 * GB;
const APPENDED_BYTES = 96 * MB;
const WRITERS = 12;

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

async function untilCaughtUp(service) {
  const isRead = ({ parts }) => parts.every(({ status, detail }) => status === 'up' && detail === undefined);
  await service.until('/health/ready', isRead);
}

async function idle(service, what) {
  const before = await cpuMs(service.pid);
  await sleep(IDLE_MS);
  const share = ((await cpuMs(service.pid)) - before) / IDLE_MS;
  check(`idle CPU with ${what}`, `${(share * 100).toFixed(2)} %`, 'bar 0.5 %', share <= 0.005);
}

/** Every third record is a stop, each of another session; the rest is others' work. Gives what was stopped when. */
async function stopSome(fleet) {
  const resetAtS = Math.floor(Date.now() / 1000) + 86_400;
  const mixed = fleet.sessions.map((_, n) => fleet.sessions[(n * STRIDE) % fleet.sessions.length]);
  const chosen = mixed.filter(({ agent }) => agent !== 'gemini-cli').slice(0, STOPS);
  const others = mixed.filter((session) => !chosen.includes(session));
  const stopped = [];
  const startedMs = performance.now();
  for (let n = 0; stopped.length < chosen.length; n += 1) {
    await sleep(Math.max(0, startedMs + (n * 1000) / APPENDS_PER_S - performance.now()));
    if (n % STOP_EVERY !== 0) fleet.work(others[n % others.length], n);
    else {
      const session = chosen[stopped.length];
      stopped.push({ session, atMs: fleet.stop(session, resetAtS) });
    }
  }
  return stopped;
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

/** From the end of the write to the instant the episode of the stop was made; a stop nobody saw took forever. */
async function detection(service, fleet) {
  const queuedBeforeMs = await queuedMs(service.pid);
  const stopped = await stopSome(fleet);
  const queued = (await queuedMs(service.pid)) - queuedBeforeMs;
  await sleep(1000);
  const episodes = await episodesOf(service);
  const seenMs = new Map(episodes.map((each) => [each.session_id, Date.parse(each.created_at)]));
  const took = stopped.map(({ session, atMs }) => (seenMs.get(session.id) ?? Infinity) - atMs);
  const [p50, p99] = [percentile(took, 0.5), percentile(took, 0.99)];
  const name = `record on disk → stop, ${fleet.sessions.length} sessions (n = ${took.length})`;
  check(name, tellTimes(took), 'bar p50 25, p99 100 ms', p50 <= 25 && p99 <= 100);
  for (const agent of new Set(stopped.map(({ session }) => session.agent)))
    row(`  of ${agent}`, tellTimes(took.filter((_, n) => stopped[n].session.agent === agent)), '');
  row('  meanwhile it waited for a CPU', `${queued.toFixed(0)} ms`, 'taken by other programs');
}

function tellTimes(ms) {
  return `p50 ${percentile(ms, 0.5)}, p99 ${percentile(ms, 0.99)}, max ${Math.max(...ms)} ms`;
}

/** A thousand sessions of all agents at work: what watching them costs, and how soon a stop is seen. */
export function benchFleet() {
  return within(async (dir) => {
    const fleet = await Fleet.start(dir, FLEET);
    const service = await start(dir, fleet.settings);
    try {
      await untilCaughtUp(service);
      await sleep(SETTLE_MS);
      await idle(service, `${fleet.sessions.length} sessions at work in 5 processes`);
      await detection(service, fleet);
    } finally {
      await service.stop();
      await fleet.close();
    }
  });
}

/** Starts it; gives when it said it was ready, and what it had read by then. */
async function startUntilReady(dir, settings) {
  const startedMs = performance.now();
  const service = await start(dir, settings);
  while (!(await fetch(`${service.url}/health/ready`)).ok) await sleep(5);
  return { service, startedMs, readyMs: performance.now() - startedMs, bytes: await readBytes(service.pid) };
}

/** What Node itself reads, and needs, where there is no session. */
async function startEmpty(dir) {
  const { service, bytes } = await startUntilReady(dir, homesIn(dir).settings);
  await sleep(SETTLE_MS);
  const mb = await rssMb(service.pid);
  await service.stop();
  return { bytes, mb };
}

/** Ten thousand finished transcripts, all young enough to be read: when it is ready, and what that took. */
export function benchStart() {
  return within(async (dir) => {
    const empty = await startEmpty(join(dir, 'empty'));
    const settings = writeHistory(dir, TRANSCRIPTS, HISTORY_BYTES);
    const { service, startedMs, readyMs, bytes } = await startUntilReady(dir, settings);
    try {
      const share = (bytes - empty.bytes) / HISTORY_BYTES;
      const name = `ready with ${TRANSCRIPTS} transcripts, ${HISTORY_BYTES / GB} GB`;
      check(name, `${readyMs.toFixed(0)} ms`, 'bar 2000 ms', readyMs <= 2000);
      check('  read by then', `${(share * 100).toFixed(2)} %`, 'bar 1 % of the bytes', share <= 0.01);
      await untilCaughtUp(service);
      const allMs = performance.now() - startedMs;
      row('  the end of each of them read', `${allMs.toFixed(0)} ms`, '');
      await sleep(SETTLE_MS);
      const each = (((await rssMb(service.pid)) - empty.mb) * MB) / TRANSCRIPTS;
      row('  memory for each of them', `${each.toFixed(0)} B`, `${empty.mb.toFixed(0)} MB without any`);
    } finally {
      await service.stop();
    }
  });
}

/** Appends the pieces; gives MB per second of the CPU it took to read them. */
async function throughput(service, pieces) {
  const [beforeMs, beforeBytes] = [await cpuMs(service.pid), await readBytes(service.pid)];
  let bytes = 0;
  for (const { path, text } of pieces) {
    appendFileSync(path, text);
    bytes += Buffer.byteLength(text);
    await sleep(0);
  }
  while ((await readBytes(service.pid)) - beforeBytes < bytes) await sleep(20);
  await sleep(500);
  return bytes / MB / (((await cpuMs(service.pid)) - beforeMs) / 1000);
}

/** Pieces of about a megabyte, each of whole records of one session. */
function piecesFor(sessions, totalBytes) {
  const pieces = [];
  for (let bytes = 0, n = 0; bytes < totalBytes;) {
    const session = sessions[pieces.length % sessions.length];
    const mould = MOULDS[session.agent];
    let text = '';
    while (text.length < MB) text += linesOf(mould, session, mould.work((n += 1)));
    bytes += Buffer.byteLength(text);
    pieces.push({ path: session.path, text });
  }
  return pieces;
}

/** What agents write while they work, mostly of no interest: in bulk, and record by record as it comes. */
export async function benchAppended() {
  for (const agent of Object.keys(MOULDS))
    await within(async (dir) => {
      const fleet = await Fleet.start(dir, { [agent]: WRITERS });
      const service = await start(dir, fleet.settings);
      try {
        await untilCaughtUp(service);
        const pieces = piecesFor(fleet.sessions, APPENDED_BYTES);
        const perS = await throughput(service, pieces);
        check(`text appended by ${agent}`, `${perS.toFixed(0)} MB/s`, 'bar 100 MB/s of CPU', perS >= 100);
        const records = pieces.slice(0, WRITERS).flatMap(recordsIn);
        const slowly = await throughput(service, records);
        const meanBytes = (WRITERS * MB) / records.length;
        row('  one record at a time', `${slowly.toFixed(0)} MB/s`, `records of ${meanBytes.toFixed(0)} B`);
      } finally {
        await service.stop();
        await fleet.close();
      }
    });
}

function recordsIn({ path, text }) {
  return text.split(/(?<=\n)/).map((line) => ({ path, text: line }));
}
