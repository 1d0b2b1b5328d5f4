import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DatabaseSync } from 'node:sqlite';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anEpisode, aStop, NOON } from '../../test/support/an-episode.js';
import { accountIdOf } from '../core/account-id.js';
import { openDatabase } from './database.js';
import { EpisodeRepository } from './episode.repository.js';
import { MIGRATIONS } from './migrations.js';

let dir: string;
beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), 'migrate-'))));
afterEach(() => rm(dir, { recursive: true, force: true }));

const OLD_STATES = ['detected', 'waiting', 'resuming', 'verifying', 'saved', 'parked', 'cancelled'];

/** What a service before this one left, as it stands on disk. */
async function anOldDatabase(path: string): Promise<void> {
  const before = Object.entries(MIGRATIONS).filter(([name]) => name < '0003');
  await (await openDatabase(path, Object.fromEntries(before))).destroy();
  const native = new DatabaseSync(path);
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
