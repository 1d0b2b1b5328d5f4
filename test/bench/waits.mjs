import '../support/type-strip.mjs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { check, percentile, row } from './measure.mjs';

const { startService } = await import('../support/service-process.ts');

const FEW = 100;
const MANY = 100_000;
const LOOKS = 200;
const HOUR_MS = 3_600_000;

/** Episodes that wait, each due at another instant of the day that follows. */
function fill(stateDir, home, count) {
  const db = new DatabaseSync(join(stateDir, 'palingenesis.db'));
  const nowMs = Date.now();
  const contract = JSON.stringify({ cwd: '/project', home });
  const stop = JSON.stringify({
    reason: 'usage_limit',
    confidence: 1,
    evidence: { source: 'bench', rule: 'bench', text: 'hit the limit' },
    recordId: 'r',
    atMs: nowMs,
  });
  db.prepare(
    `with recursive n(i) as (select 1 union all select i + 1 from n where i < ?)
     insert into episodes (id, agent, session_id, key_record_id, account, is_shared, contract_json, stop_json, state, why,
       due_at_ms, attempts, without_progress, created_at_ms, updated_at_ms, version)
     select 'ep-' || printf('%06d', i), 'claude-code', 'session-' || i, 'r', 'claude-code:bench', 1, ?, ?, 'waiting', 'bench',
       ? + (i * 7919) % 82800000, 0, 0, ?, ?, 1 from n`,
  ).run(count, contract, stop, nowMs + HOUR_MS, nowMs, nowMs);
  db.close();
}

async function timesOf(count, work) {
  const took = [];
  for (let n = 0; n < count; n += 1) {
    const startedMs = performance.now();
    await work();
    took.push(performance.now() - startedMs);
  }
  return took;
}

const tell = (ms) => `p50 ${percentile(ms, 0.5).toFixed(1)}, p99 ${percentile(ms, 0.99).toFixed(1)} ms`;

/** What the engine asks at each wake-up, on the very database. */
function lookups(stateDir) {
  const db = new DatabaseSync(join(stateDir, 'palingenesis.db'), { readOnly: true });
  const next = db.prepare(
    'select due_at_ms from episodes where state = ? and due_at_ms > ? order by due_at_ms limit 1',
  );
  const took = timesOf(LOOKS, () => next.get('waiting', Date.now()));
  return took.finally(() => db.close());
}

/** Going on makes the engine look for what is due. */
async function measure(dir, count) {
  const stateDir = join(dir, `state-${count}`);
  const start = () => startService({ env: { HOME: dir, PATH: process.env.PATH }, stateDir });
  await (await start()).stop();
  fill(stateDir, join(dir, '.claude'), count);
  const service = await start();
  try {
    await service.until('/health/ready', ({ status }) => status === 'up');
    await timesOf(20, () => service.get('/api/v1/status'));
    const status = await timesOf(LOOKS, () => service.get('/api/v1/status'));
    const wakes = await timesOf(LOOKS, () => service.post('/api/v1/resume'));
    return { status, wakes, next: await lookups(stateDir) };
  } finally {
    await service.stop();
  }
}

/** A hundred thousand episodes that wait: the next due one, the status, and a wake-up, against a hundred. */
export async function benchWaits() {
  const dir = await mkdtemp(join(tmpdir(), 'bench-waits-'));
  try {
    const [few, many] = [await measure(dir, FEW), await measure(dir, MANY)];
    const next = percentile(many.next, 0.99);
    check(`next due of ${MANY} waiting episodes`, tell(many.next), 'bar p99 20 ms', next <= 20);
    const status = percentile(many.status, 0.99);
    check(`GET status with ${MANY} of them`, tell(many.status), 'bar p99 20 ms', status <= 20);
    row(`  with ${FEW}`, tell(few.status), '');
    const [wakeFew, wakeMany] = [few, many].map(({ wakes }) => percentile(wakes, 0.5));
    const ratio = wakeMany / wakeFew;
    check(
      `wake-up with ${MANY} / ${FEW} of them`,
      `${wakeMany.toFixed(1)} / ${wakeFew.toFixed(1)} ms`,
      'bar 2 ×',
      ratio <= 2,
    );
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
