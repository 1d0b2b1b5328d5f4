import { DatabaseSync } from 'node:sqlite';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SqliteRows } from '../../platform/sqlite-rows.js';
import { OpenCodeQueries } from './opencode.database.js';

const queries = new OpenCodeQueries();
let dir: string;
let agent: DatabaseSync;
let rows: SqliteRows;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'opencode-'));
  agent = new DatabaseSync(join(dir, 'opencode.db'));
  agent.exec('pragma journal_mode = wal');
  agent.exec('create table message (id text primary key, session_id text, data text)');
  rows = new SqliteRows(join(dir, 'opencode.db'));
});
afterEach(async () => {
  rows.close();
  agent.close();
  await rm(dir, { recursive: true, force: true });
});

const data = (role: string, completed?: number) => JSON.stringify({ role, time: { created: 1, completed } });
const add = (id: string, session: string, text: string) =>
  agent.prepare('insert into message values (?, ?, ?)').run(id, session, text);
const complete = (id: string) =>
  agent.prepare('update message set data = ? where id = ?').run(data('assistant', 2), id);

describe('changes in the database of OpenCode', () => {
  it('are new messages, and open ones that were completed', () => {
    add('m1', 'a', data('user'));
    add('m2', 'a', data('assistant'));
    add('m3', 'b', data('assistant'));
    const start = queries.mark(rows);
    expect(queries.changedSince(rows, start).ids).toEqual([]);
    complete('m2');
    const first = queries.changedSince(rows, start);
    expect(first.ids).toEqual(['a']);
    add('m4', 'c', data('assistant'));
    const second = queries.changedSince(rows, first.mark);
    expect(second.ids).toEqual(['c']);
    complete('m3');
    complete('m4');
    expect(queries.changedSince(rows, second.mark).ids).toEqual(['b', 'c']);
  });

  it('are found among hundreds of open messages', () => {
    for (let n = 0; n < 500; n += 1) add(`m${n}`, `s${n}`, data('assistant'));
    const { mark } = queries.changedSince(rows, queries.mark(rows));
    complete('m7');
    complete('m400');
    const changed = queries.changedSince(rows, mark);
    expect(changed.ids.toSorted()).toEqual(['s400', 's7']);
    expect(queries.changedSince(rows, changed.mark).ids).toEqual([]);
  });
});
