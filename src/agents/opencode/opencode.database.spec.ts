import { mkdtemp, rm } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parseRecord } from '../../core/json-record.js';
import { Rows, type ReadMark, type SqlValue } from '../../core/ports/session-database.js';
import { OpenCodeQueries } from './opencode.database.js';

/** The columns of 1.18.33 that are asked for. */
const SCHEMA = `
  create table session (id text primary key, parent_id text, directory text not null, version text not null,
    time_updated integer not null, time_archived integer);
  create table message (id text primary key, session_id text not null, time_created integer not null,
    time_updated integer not null, data text not null);
  create table part (id text primary key, message_id text not null, data text not null);`;

class OpenRows extends Rows {
  constructor(private readonly database: DatabaseSync) {
    super();
  }
  select(sql: string, ...values: readonly SqlValue[]) {
    return this.database.prepare(sql).all(...values);
  }
}

const queries = new OpenCodeQueries();
let dir: string;
let database: DatabaseSync;
let rows: Rows;
let mark: ReadMark;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'opencode-db-'));
  database = new DatabaseSync(join(dir, 'opencode.db'));
  database.exec(SCHEMA);
  rows = new OpenRows(database);
});
afterEach(async () => {
  database.close();
  await rm(dir, { recursive: true, force: true });
});

const addSession = (id: string, updated: number, fields: { parent?: string; archived?: number } = {}) =>
  database
    .prepare('insert into session values (?, ?, ?, ?, ?, ?)')
    .run(id, fields.parent ?? null, '/p', '1.18.33', updated, fields.archived ?? null);
const addMessage = (id: string, session: string, data: object, created = 1) =>
  database
    .prepare('insert into message values (?, ?, ?, ?, ?)')
    .run(id, session, created, created, JSON.stringify({ role: 'assistant', ...data }));
const complete = (id: string) =>
  database.prepare(`update message set data = json_set(data, '$.time.completed', 5) where id = ?`).run(id);
/** The sessions that changed since the last look. */
function look(): readonly string[] {
  const changed = queries.changedSince(rows, mark);
  mark = changed.mark;
  return changed.ids;
}

describe('OpenCodeQueries', () => {
  it('lists the sessions of people, the newest first, to a bound', () => {
    addSession('old', 1);
    addSession('new', 3);
    addSession('helper', 4, { parent: 'new' });
    addSession('archived', 5, { archived: 6 });
    addSession('middle', 2);
    expect(queries.list(rows, 10)).toEqual([
      { id: 'new', modifiedMs: 3 },
      { id: 'middle', modifiedMs: 2 },
      { id: 'old', modifiedMs: 1 },
    ]);
    expect(queries.list(rows, 2).map(({ id }) => id)).toEqual(['new', 'middle']);
  });

  describe('since a mark', () => {
    beforeEach(() => {
      addMessage('before', 'a', { time: { completed: 1 } });
      addMessage('open', 'b', { time: {} });
      mark = queries.mark(rows);
    });

    it('nothing has changed at first', () => {
      expect(mark.open).toEqual(['open']);
      expect(look()).toEqual([]);
    });

    it('sessions have changed that have new messages, each named once', () => {
      addMessage('1', 'a', { time: { completed: 2 } });
      addMessage('2', 'c', { role: 'user' });
      addMessage('3', 'a', { time: {} });
      expect(look()).toEqual(['a', 'c']);
      expect(look()).toEqual([]);
    });

    it('those have whose open message was completed, and only then', () => {
      database.exec(`update message set data = json_set(data, '$.cost', 5) where id = 'open'`);
      expect(look()).toEqual([]);
      complete('open');
      expect(look()).toEqual(['b']);
      expect([look(), mark.open]).toEqual([[], []]);
    });

    it('a message that was met open is waited for, one that is deleted is not', () => {
      addMessage('1', 'c', { time: {} });
      expect([look(), mark.open]).toEqual([['c'], ['open', '1']]);
      database.exec(`delete from message where id = 'open'`);
      complete('1');
      expect([look(), mark.open]).toEqual([['c'], []]);
    });

    it('messages count that come in the place of others that were taken back', () => {
      addMessage('1', 'a', { time: { completed: 2 } });
      addMessage('2', 'a', { time: { completed: 2 } });
      look();
      database.exec(`delete from message where id in ('1', '2')`);
      expect(look()).toEqual([]);
      addMessage('3', 'a', { role: 'user' });
      expect(look()).toEqual(['a']);
    });

    it('no more open messages are waited for than a bound', () => {
      for (let count = 0; count < 1100; count += 1) addMessage(`m${count}`, 'd', { time: {} });
      look();
      expect([mark.open.length, mark.open.at(-1)]).toEqual([1000, 'm1099']);
      expect(queries.mark(rows).open).toHaveLength(1000);
    });
  });

  it('gives the session and its newest messages, the oldest of them first, without what is long', () => {
    addSession('s', 1);
    for (let count = 0; count < 30; count += 1)
      addMessage(`m${count}`, 's', { finish: 'stop', summary: { diffs: 'x'.repeat(10_000) } }, count);
    addMessage('other', 'o', {});
    const [session, ...messages] = queries.records(rows, 's').map((line) => parseRecord(line));
    expect(session).toEqual({ id: 's', parent_id: null, directory: '/p', version: '1.18.33' });
    expect(messages.map((message) => message?.['id'])).toEqual(
      Array.from({ length: 20 }, (_, index) => `m${index + 10}`),
    );
    expect(JSON.stringify(messages)).not.toContain('xxx');
    expect(queries.records(rows, 'gone')).toEqual([]);
  });

  it('tells that a call of the newest message was not permitted', () => {
    addSession('s', 1);
    const addPart = (message: string, error: string) =>
      database
        .prepare('insert into part values (?, ?, ?)')
        .run(`${message}-part`, message, JSON.stringify({ type: 'tool', state: { status: 'error', error } }));
    addMessage('m1', 's', { finish: 'tool-calls' }, 1);
    addPart('m1', 'The user rejected permission to use this specific tool call.');
    expect(parseRecord(queries.records(rows, 's').at(-1) ?? '')).toEqual({ refused_in: 'm1' });
    addMessage('m2', 's', { finish: 'tool-calls' }, 2);
    addPart('m2', 'No such file');
    expect(parseRecord(queries.records(rows, 's').at(-1) ?? '')).toMatchObject({ id: 'm2' });
  });

  it('throws where the schema is another', () => {
    database.exec('drop table message');
    expect(() => queries.mark(rows)).toThrow(/no such table/);
  });
});
