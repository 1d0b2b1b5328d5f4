import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SqliteRows } from './sqlite-rows.js';

let dir: string;
let path: string;
let writer: DatabaseSync;
let rows: SqliteRows | undefined;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'rows-'));
  path = join(dir, 'agent.db');
  writer = new DatabaseSync(path);
  writer.exec('create table t (id integer primary key, word text)');
});
afterEach(async () => {
  rows?.close();
  rows = undefined;
  writer.close();
  await rm(dir, { recursive: true, force: true });
});

const open = () => (rows = new SqliteRows(path));
const add = (...words: readonly string[]) => {
  for (const word of words) writer.prepare('insert into t (word) values (?)').run(word);
};
const words = (from: SqliteRows) => from.select('select word from t order by id').map(({ word }) => word);

describe('SqliteRows', () => {
  it.each(['wal', 'delete'])('sees what was committed by then, in journal mode %s', (mode) => {
    writer.exec(`pragma journal_mode = ${mode}`);
    add('a');
    const reader = open();
    expect(words(reader)).toEqual(['a']);
    writer.exec('begin');
    add('b');
    expect(words(reader)).toEqual(['a']);
    writer.exec('commit');
    expect(words(reader)).toEqual(['a', 'b']);
  });

  it('holds no lock after a read: others may write, alone if they like', () => {
    const reader = open();
    expect(words(reader)).toEqual([]);
    writer.exec('begin exclusive');
    add('a');
    writer.exec('commit');
    expect(words(reader)).toEqual(['a']);
  });

  it('binds values, in order', () => {
    add('a', 'b', 'c');
    expect(open().select('select id from t where word in (?, ?) and id > ?', 'a', 'c', 1)).toEqual([
      { id: 3 },
    ]);
  });

  it('cannot write', () => {
    const reader = open();
    expect(() => reader.select("insert into t (word) values ('x')")).toThrow(/readonly/);
    expect(words(reader)).toEqual([]);
  });

  it('waits for a writer that locks it for a moment only', () => {
    add('a');
    const reader = open();
    writer.exec('begin exclusive');
    const startedMs = performance.now();
    expect(() => words(reader)).toThrow(/locked/);
    expect(performance.now() - startedMs).toBeLessThan(1000);
    writer.exec('commit');
    expect(words(reader)).toEqual(['a']);
  });

  it('says what is wrong with the file or the statement, and goes on', async () => {
    expect(() => new SqliteRows(join(dir, 'gone.db'))).toThrow(/unable to open/);
    const text = join(dir, 'text.db');
    await writeFile(text, 'no database, but text of some length '.repeat(100));
    const foreign = new SqliteRows(text);
    expect(() => foreign.select('select 1')).toThrow(/not a database/);
    foreign.close();
    const reader = open();
    expect(() => reader.select('select * from other')).toThrow(/no such table: other/);
    add('a');
    expect(words(reader)).toEqual(['a']);
  });

  it('keeps up with a schema that changes, and with more statements than it keeps', () => {
    add('a');
    const reader = open();
    for (let count = 0; count < 100; count += 1)
      expect(reader.select(`select ${count} as n from t`)).toEqual([{ n: count }]);
    expect(reader.select('select * from t')).toEqual([{ id: 1, word: 'a' }]);
    writer.exec("alter table t add column more text default 'x'");
    expect(reader.select('select * from t')).toEqual([{ id: 1, word: 'a', more: 'x' }]);
  });
});
