import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DatabaseSync } from 'node:sqlite';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anEpisode, aStop, NOON } from '../../test/support/an-episode.js';
import { accountIdOf } from '../core/account-id.js';
import { openDatabase } from './database.js';
import { EpisodeRepository } from './episode.repository.js';

let dir: string;
beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), 'migrate-'))));
afterEach(() => rm(dir, { recursive: true, force: true }));

const OLD_STATES = ['detected', 'waiting', 'resuming', 'verifying', 'saved', 'parked', 'cancelled'];

/** What a service before this one left, as it stands on disk. */
async function anOldDatabase(path: string): Promise<void> {
  await (await openDatabase(path)).destroy();
  const native = new DatabaseSync(path);
  native.exec(`
    drop trigger episode_counted; drop trigger episode_recounted; drop table episode_counts;
    drop index episodes_one_open; drop index episodes_by_due; drop index episodes_by_account;
    drop index episodes_by_state; drop index runs_one_per_resume;
    alter table episodes drop column account; alter table episodes drop column is_shared;
    alter table episodes drop column acks; alter table episodes drop column time_saved_ms;
    alter table runs drop column account; alter table runs drop column resume_key;
    alter table runs drop column stop_reason; alter table runs drop column strategy;
    alter table runs drop column live; alter table episodes drop column successor;
    drop index runs_by_start; drop table answers; alter table runs drop column aborted_by;
    drop table events;
    create unique index episodes_one_open on episodes (session_id) where state not in ('saved', 'cancelled');
    create index episodes_due on episodes (due_at_ms) where due_at_ms is not null;
    delete from kysely_migration where name >= '0003';
  `);
  const insert =
    native.prepare(`insert into episodes (id, agent, session_id, key_record_id, contract_json, stop_json,
    state, why, due_at_ms, attempts, without_progress, created_at_ms, updated_at_ms, version)
    values (?, 'claude-code', ?, 'r', ?, ?, ?, 'w', ?, 0, 0, ${NOON}, ${NOON}, 1)`);
  for (const state of OLD_STATES)
    insert.run(
      state,
      state,
      JSON.stringify(anEpisode().contract),
      JSON.stringify(aStop()),
      state,
      state === 'waiting' ? 5 : null,
    );
  native.close();
}

describe('a database of an earlier version', () => {
  it('is read as it was, its episodes counted and given to their accounts', async () => {
    const path = join(dir, 'palingenesis.db');
    await anOldDatabase(path);
    const db = await openDatabase(path);
    const episodes = new EpisodeRepository(db);
    const read = await episodes.list({ limit: 10 });
    expect(read.map(({ state }) => state).toSorted()).toEqual(OLD_STATES.toSorted());
    expect(await episodes.nextDueMs()).toBe(5);
    expect(await episodes.countByState()).toEqual(Object.fromEntries(OLD_STATES.map((state) => [state, 1])));
    const account = accountIdOf('claude-code', '/home/.claude');
    const waiting = await episodes.ofAccount({ account, state: 'waiting', isShared: true, limit: 9 });
    expect(waiting.map(({ id }) => id)).toEqual(['waiting']);
    await db.destroy();
  });
});
