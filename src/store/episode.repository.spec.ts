import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { sql, type Kysely } from 'kysely';
import { anEpisode, aReset, aStop, NOON } from '../../test/support/an-episode.js';
import { applyChange, type Episode, resumeKey, type EpisodeChange } from '../core/episode.js';
import { accountIdOf } from '../core/account-id.js';
import { IN_MEMORY, openDatabase } from './database.js';
import { EpisodeRepository, type EpisodeSteps } from './episode.repository.js';
import { PauseRepository } from './pause.repository.js';
import { RunRepository } from './run.repository.js';
import type { Schema } from './schema.js';

let db: Kysely<Schema>;
let episodes: EpisodeRepository;
beforeEach(async () => {
  db = await openDatabase(IN_MEMORY);
  episodes = new EpisodeRepository(db);
});
afterEach(() => db.destroy());

/** An episode and the steps it takes. */
function step(before: Episode, ...changes: readonly EpisodeChange[]): EpisodeSteps {
  const steps: Episode[] = [];
  for (const change of changes) steps.push(applyChange(steps.at(-1) ?? before, change, NOON));
  return { before, steps };
}

const aRun = {
  id: 'run-1',
  kind: 'resume',
  agent: 'claude-code',
  sessionId: 'session-1',
  episodeId: 'ep-1',
  contract: { cwd: '/project', home: '/home' },
  startedAtMs: NOON,
} as const;

describe('EpisodeRepository', () => {
  it('gives back what it stored', async () => {
    const episode = anEpisode({ stop: aStop({ reset: aReset(NOON + 1), window: 'five_hour' }) });
    expect(await episodes.create(episode)).toBe(true);
    expect(await episodes.find('ep-1')).toEqual(episode);
    expect(await episodes.findOpen('session-1')).toEqual(episode);
  });

  it('opens one episode per stop, and one at a time per session', async () => {
    await episodes.create(anEpisode());
    expect(await episodes.create(anEpisode({ id: 'ep-2' }))).toBe(false);
    const other = anEpisode({ id: 'ep-3', stop: aStop({ recordId: 'record-2' }) });
    expect(await episodes.create(other)).toBe(false);
    await episodes.save(step(anEpisode(), { to: 'cancelled', why: 'x' }));
    expect(await episodes.create(anEpisode({ id: 'ep-4' }))).toBe(false);
    expect(await episodes.create(other)).toBe(true);
  });

  it('refuses a writer that was overtaken, run and all', async () => {
    const before = anEpisode({ state: 'waiting' });
    await episodes.create(before);
    await episodes.save(step(before, { to: 'planned', why: 'a', dueAtMs: 1 }));
    const late = step(before, { to: 'cancelled', why: 'b' });
    await expect(episodes.save(late, aRun)).rejects.toMatchObject({ code: 'stale-episode' });
    expect(await new RunRepository(db).open()).toEqual([]);
    expect((await episodes.find('ep-1'))?.why).toBe('a');
  });

  it('keeps an audit line for each change, and none can be altered', async () => {
    const first = anEpisode();
    await episodes.create(first);
    await episodes.save(
      step(first, { to: 'planned', why: 'later', dueAtMs: 5 }, { to: 'waiting', why: 'until then' }),
    );
    expect(await episodes.audit('ep-1')).toMatchObject([
      { from: null, to: 'detected', why: 'test' },
      {
        from: 'detected',
        to: 'planned',
        why: 'later',
        detail: { due_at: '1970-01-01T00:00:00.005Z', reason: 'usage_limit' },
      },
      { from: 'planned', to: 'waiting', why: 'until then', detail: { version: 3 } },
    ]);
    await expect(sql`update audit set why = 'x'`.execute(db)).rejects.toThrow('append-only');
    await expect(sql`delete from audit`.execute(db)).rejects.toThrow('append-only');
  });

  it('finds what is due, the longest due first', async () => {
    for (const [id, dueAtMs] of [
      ['a', 30],
      ['b', 10],
      ['c', 20],
    ] as const) {
      const stop = aStop({ recordId: id });
      await episodes.create(anEpisode({ id, sessionId: id, stop, state: 'waiting', dueAtMs }));
    }
    expect(await episodes.nextDueMs()).toBe(10);
    expect((await episodes.due(20, 10)).map(({ id }) => id)).toEqual(['b', 'c']);
    expect((await episodes.due(99, 1)).map(({ id }) => id)).toEqual(['b']);
    expect((await episodes.nextWaits(2)).map(({ id }) => id)).toEqual(['b', 'c']);
    expect(await episodes.countByState()).toEqual({ waiting: 3 });
    expect((await episodes.list({ limit: 2 })).map(({ id }) => id)).toEqual(['c', 'b']);
    expect((await episodes.list({ limit: 2, before: 'b' })).map(({ id }) => id)).toEqual(['a']);
  });
});

describe('EpisodeRepository, of many', () => {
  const contract = { cwd: '/project', home: '/home/.claude' };
  const account = accountIdOf('claude-code', contract.home);
  const add = (id: string, change: Partial<Episode>) =>
    episodes.create(anEpisode({ id, sessionId: id, stop: aStop({ recordId: id }), contract, ...change }));

  it('starts one run per key, whatever the episode says', async () => {
    const preflight = anEpisode({ state: 'preflight' });
    await episodes.create(preflight);
    const run = { ...aRun, key: resumeKey(preflight), stopReason: 'usage_limit' } as const;
    const first = step(preflight, { to: 'resuming', why: 'once' });
    await episodes.save(first, run);
    const again = step(first.steps[0] ?? preflight, { to: 'planned', why: 'a bug' });
    await expect(episodes.save(again, { ...run, id: 'run-2' })).rejects.toMatchObject({
      code: 'already-resumed',
    });
    expect((await episodes.find('ep-1'))?.state).toBe('resuming');
    expect(await new RunRepository(db).open()).toEqual([run]);
  });

  it('changes those that nobody changed meanwhile', async () => {
    const [a, b] = [anEpisode({ id: 'a', sessionId: 'a' }), anEpisode({ id: 'b', sessionId: 'b' })];
    for (const each of [a, b]) await episodes.create(each);
    await episodes.save(step(a, { to: 'cancelled', why: 'by its user' }));
    const saved = await episodes.saveAll([a, b].map((each) => step(each, { to: 'parked', why: 'x' })));
    expect(saved.map(({ before }) => before.id)).toEqual(['b']);
    expect(await episodes.countByState()).toEqual({ cancelled: 1, parked: 1 });
  });

  it('finds those of one account, its own stops apart, the longest due first', async () => {
    await add('a', { state: 'gated', dueAtMs: 20 });
    await add('b', { state: 'gated', dueAtMs: 10 });
    await add('c', { state: 'gated', dueAtMs: 1, stop: aStop({ recordId: 'c', reason: 'crash' }) });
    await add('d', { state: 'gated', dueAtMs: 1, contract: { ...contract, home: '/other' } });
    await add('e', { state: 'waiting', dueAtMs: 1 });
    const of = async (isShared: boolean) =>
      (await episodes.ofAccount({ account, state: 'gated', isShared, limit: 9 })).map(({ id }) => id);
    expect(await of(true)).toEqual(['b', 'a']);
    expect(await of(false)).toEqual(['c']);
    expect(await episodes.nextDueMs(0, 'gated')).toBe(1);
  });

  it('keeps count, and of what was saved', async () => {
    await add('a', {});
    const verifying = anEpisode({ id: 'b', sessionId: 'b', contract, state: 'verifying' });
    await episodes.create(verifying);
    await episodes.save(step(verifying, { to: 'saved', why: 'x', timeSavedMs: 5_000 }));
    const of = { agent: 'claude-code', account };
    expect(await episodes.counts()).toEqual([
      { ...of, state: 'detected', count: 1, timeSavedMs: 0 },
      { ...of, state: 'saved', count: 1, timeSavedMs: 5_000 },
    ]);
  });

  it.each([
    [
      'what is due',
      `select * from episodes where state = ? and due_at_ms <= ? order by due_at_ms limit 1`,
      'episodes_by_due',
    ],
    [
      'what an account holds',
      `select * from episodes where account = ? and state = ? and is_shared = ? order by due_at_ms limit 1`,
      'episodes_by_account',
    ],
    [
      'a page of one state',
      `select * from episodes where state = ? order by id desc limit 1`,
      'episodes_by_state',
    ],
  ])('finds %s by an index, without sorting', async (_, query, index) => {
    const { rows } = await sql<{ detail: string }>`explain query plan ${sql.raw(query)}`.execute(db);
    const details = rows.map(({ detail }) => detail).join('; ');
    expect(details).toMatch(new RegExp(`USING INDEX ${index} `));
    expect(details).not.toContain('TEMP B-TREE');
  });
});

describe('RunRepository', () => {
  it('closes a run once', async () => {
    const runs = new RunRepository(db);
    await runs.create(aRun);
    await runs.setProcess('run-1', { pid: 7, procStart: '99' });
    expect(await runs.openOf('session-1')).toEqual({ ...aRun, pid: 7, procStart: '99' });
    const outcome = { result: 'ok', deniedTools: [] } as const;
    expect(await runs.end('run-1', outcome, NOON + 9)).toBe(true);
    expect(await runs.end('run-1', { ...outcome, result: 'failed' }, NOON + 10)).toBe(false);
    expect(await runs.ofEpisode('ep-1')).toMatchObject([{ endedAtMs: NOON + 9, outcome }]);
    expect(await runs.countResumesSince('session-1', NOON)).toBe(1);
    expect(await runs.countResumesSince('session-1', NOON + 1)).toBe(0);
  });
});

describe('the database file', () => {
  it('is for its owner only, uses WAL, and keeps everything over a restart', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'store-'));
    const path = join(dir, 'state', 'palingenesis.db');
    const first = await openDatabase(path);
    await new PauseRepository(first).set(true);
    const mode = await sql<{ journal_mode: string }>`pragma journal_mode`.execute(first);
    expect(mode.rows).toEqual([{ journal_mode: 'wal' }]);
    for (const file of [path, `${path}-wal`]) expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(join(dir, 'state'))).mode & 0o777).toBe(0o700);
    await first.destroy();
    const second = await openDatabase(path);
    expect(await new PauseRepository(second).isPaused()).toBe(true);
    await second.destroy();
    await rm(dir, { recursive: true });
  });
});
