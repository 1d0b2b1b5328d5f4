import '../support/type-strip.mjs';
import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { check, cpuMs, percentile, row, rssMb } from './measure.mjs';
import { benchAppended, benchFleet, benchStart } from './scale.mjs';
import { hitLimit, writeSessions } from './session-files.mjs';
import { benchTelemetry } from './telemetry.mjs';
import { benchWaits } from './waits.mjs';

const { startService } = await import('../support/service-process.ts');

const SESSIONS = 200;
const IDLE_MS = 20_000;
const SAMPLES = 40;
const RESUMES = 4;
const SETTLE_MS = 4_000;

/** Both are asked once, so that the same code is warm, and left alone for a while. */
async function bareRssMb(flags, env) {
  const script = fileURLToPath(new URL('./bare-nest.mjs', import.meta.url));
  const child = spawn(process.execPath, [...flags, script], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout, 'data');
  await fetch(new URL('/api/v1/status', /http:\S+/.exec(String(line))[0]));
  await sleep(SETTLE_MS);
  const mb = await rssMb(child.pid);
  child.kill();
  return mb;
}

async function memory(service, env) {
  await service.get('/api/v1/status');
  await sleep(SETTLE_MS);
  const own = await rssMb(service.pid);
  for (const [name, flags] of [
    ['as Node runs it', []],
    ["with our start's flag", ['--max-semi-space-size=2']],
  ]) {
    const bare = await bareRssMb(flags, env);
    const ratio = `ratio ${(own / bare).toFixed(2)} (bar 1.20)`;
    row(`RSS: palingenesis / bare Nest ${name}`, `${own.toFixed(0)} / ${bare.toFixed(0)} MB`, ratio);
  }
}

async function idle(service) {
  const before = await cpuMs(service.pid);
  await sleep(IDLE_MS);
  const share = ((await cpuMs(service.pid)) - before) / IDLE_MS;
  check(`idle CPU with ${SESSIONS} sessions`, `${(share * 100).toFixed(2)} %`, 'bar 1 %', share <= 0.01);
}

async function detection(service, sessions) {
  const latencies = [];
  const far = Math.floor(Date.now() / 1000) + 86_400;
  for (const session of sessions.slice(0, SAMPLES)) {
    const onDiskMs = await hitLimit(session, far);
    const found = await service.until(
      `/api/v1/episodes?session_id=${session.id}`,
      ({ episodes }) => episodes.length === 1,
    );
    latencies.push(Date.parse(found.episodes[0].created_at) - onDiskMs);
  }
  const [p50, max] = [percentile(latencies, 0.5), Math.max(...latencies)];
  const name = `error record on disk → stored episode (n = ${SAMPLES})`;
  check(name, `p50 ${p50}, max ${max} ms`, 'bar 250 ms', max <= 250);
}

/** One after another: of sessions that are due at once one goes first, and the stand-in for the agent does no work. */
async function resumes(service, sessions) {
  const marginMs = 1000 * Number(service.marginS);
  const late = [];
  for (const session of sessions.slice(SAMPLES, SAMPLES + RESUMES)) {
    const resetAtS = Math.ceil(Date.now() / 1000) + 2;
    await rm(session.claim);
    await hitLimit(session, resetAtS);
    const hasEnded = ({ runs: [run] }) => run?.state === 'ended';
    const { runs } = await service.until(`/api/v1/sessions/${session.id}`, hasEnded);
    late.push(Date.parse(runs[0].started_at) - resetAtS * 1000 - marginMs);
  }
  const max = Math.max(...late);
  check(`reset + margin → resume's start (n = ${RESUMES})`, `max ${max} ms`, 'bar 1000 ms', max <= 1000);
}

async function benchService() {
  const dir = await mkdtemp(join(tmpdir(), 'bench-'));
  try {
    await measureService(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function measureService(dir) {
  const [configDir, cwd, agent] = ['.claude', 'project', 'agent.sh'].map((name) => join(dir, name));
  const env = { HOME: dir, PATH: process.env.PATH };
  await mkdir(cwd);
  await writeFile(agent, '#!/bin/sh\nexec sleep 0.1\n');
  await chmod(agent, 0o755);
  const sessions = await writeSessions(configDir, cwd, SESSIONS);
  const settings = { 'resume.margin_structured_s': '1', 'resume.live_grace_s': '0.1' };
  const service = await startService({
    env,
    stateDir: join(dir, 'state'),
    home: configDir,
    command: agent,
    settings,
  });
  service.marginS = settings['resume.margin_structured_s'];
  try {
    await memory(service, env);
    await idle(service);
    await detection(service, sessions);
    await resumes(service, sessions);
  } finally {
    await service.stop();
  }
}

/** Each can be asked for by its name: `npm run bench -- fleet start`. */
const PARTS = {
  service: benchService,
  fleet: benchFleet,
  waits: benchWaits,
  start: benchStart,
  appended: benchAppended,
  telemetry: benchTelemetry,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in PARTS));
if (unknown.length > 0)
  throw new Error(`no part "${unknown[0]}"; there are ${Object.keys(PARTS).join(', ')}`);
console.log(
  `palingenesis bench: Node ${process.version}, load ${loadavg()[0].toFixed(1)} on ${cpus().length} cores\n`,
);
for (const [name, bench] of Object.entries(PARTS))
  if (wanted.length === 0 || wanted.includes(name)) await bench();
