import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { sql, type Kysely } from 'kysely';
import { anEpisode, aReset, aStop, NOON } from '../../test/support/an-episode.js';
import { applyChange } from '../core/episode.js';
import { IN_MEMORY, openDatabase } from './database.js';
import { EpisodeRepository } from './episode.repository.js';
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
    await episodes.save(anEpisode(), applyChange(anEpisode(), { to: 'cancelled', why: 'x' }, NOON));
    expect(await episodes.create(anEpisode({ id: 'ep-4' }))).toBe(false);
    expect(await episodes.create(other)).toBe(true);
  });

  it('refuses a writer that was overtaken, run and all', async () => {
    const before = anEpisode({ state: 'waiting' });
    await episodes.create(before);
    await episodes.save(before, applyChange(before, { to: 'waiting', why: 'a', dueAtMs: 1 }, NOON));
    const late = applyChange(before, { to: 'resuming', why: 'b' }, NOON);
    await expect(episodes.save(before, late, aRun)).rejects.toMatchObject({ code: 'stale-episode' });
    expect(await new RunRepository(db).open()).toEqual([]);
    expect((await episodes.find('ep-1'))?.why).toBe('a');
  });

  it('keeps an audit line for each change, and none can be altered', async () => {
    const first = anEpisode();
    await episodes.create(first);
    const second = applyChange(first, { to: 'waiting', why: 'later', dueAtMs: 5 }, NOON + 1);
    await episodes.save(first, second);
    expect(await episodes.audit('ep-1')).toMatchObject([
      { from: null, to: 'detected', why: 'test' },
      {
        from: 'detected',
        to: 'waiting',
        why: 'later',
        detail: { due_at: '1970-01-01T00:00:00.005Z', reason: 'usage_limit' },
      },
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
    expect(await episodes.countByState()).toEqual({ waiting: 3 });
    expect((await episodes.list({ limit: 2 })).map(({ id }) => id)).toEqual(['c', 'b']);
    expect((await episodes.list({ limit: 2, before: 'b' })).map(({ id }) => id)).toEqual(['a']);
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
