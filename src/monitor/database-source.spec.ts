import { mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { FakeClock } from '../../test/support/fake-clock.js';
import { PlainAgent } from '../../test/support/plain-agent.js';
import { until } from '../../test/support/until.js';
import {
  SessionQueries,
  type ListedSession,
  type ReadMark,
  type Rows,
} from '../core/ports/session-database.js';
import { DatabaseSource } from './database-source.js';
import type { TrackedSession } from './tracked-session.js';

/** Sessions as rows of one table. */
class PlainQueries extends SessionQueries {
  list(rows: Rows, limit: number): readonly ListedSession[] {
    const sql = 'select session, max(at) as at from record group by session order by at desc limit ?';
    return rows
      .select(sql, limit)
      .map(({ session, at }) => ({ id: String(session), modifiedMs: Number(at) }));
  }
  mark(rows: Rows): ReadMark {
    return { last: Number(rows.select('select max(id) as last from record')[0]?.['last'] ?? 0), open: [] };
  }
  changedSince(rows: Rows, mark: ReadMark): { ids: readonly string[]; mark: ReadMark } {
    const found = rows.select('select distinct session from record where id > ?', mark.last);
    return { ids: found.map(({ session }) => String(session)), mark: this.mark(rows) };
  }
  records(rows: Rows, id: string): readonly string[] {
    return rows
      .select('select text from record where session = ? order by id', id)
      .map(({ text }) => String(text));
  }
}

const SCHEMA = 'create table record (id integer primary key, session text, at integer, text text)';
const MAX_SESSIONS = 3;
const LIST_ONLY_BEFORE_MS = 1000;

let dir: string;
let path: string;
let clock: FakeClock;
let source: DatabaseSource;
let changed: string[];
let warnings: string[];
const databases: DatabaseSync[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'database-source-'));
  path = join(dir, 'agent.db');
  clock = new FakeClock();
  [changed, warnings] = [[], []];
  jest
    .spyOn(Logger.prototype, 'warn')
    .mockImplementation((message: unknown) => warnings.push(String(message)));
  source = new DatabaseSource(
    new PlainAgent(),
    '/home',
    { kind: 'database', file: path, queries: new PlainQueries() },
    {
      clock,
      maxSessions: MAX_SESSIONS,
      listOnlyBeforeMs: () => LIST_ONLY_BEFORE_MS,
      onChange: ({ id }) => changed.push(id),
    },
  );
});
afterEach(async () => {
  source.close();
  for (const database of databases.splice(0)) database.close();
  jest.restoreAllMocks();
  await rm(dir, { recursive: true, force: true });
});

/** The agent opens its database, which it writes ahead of. */
function agentOpens(file = path, schema = SCHEMA): DatabaseSync {
  const database = new DatabaseSync(file);
  databases.push(database);
  database.exec(`pragma journal_mode = wal; ${schema}`);
  return database;
}
const add = (database: DatabaseSync, session: string, at: number, record: object = { cwd: '/p' }) =>
  database
    .prepare('insert into record (session, at, text) values (?, ?, ?)')
    .run(session, at, JSON.stringify(record));
const idsOf = (sessions: Iterable<TrackedSession>) => [...sessions].map(({ id }) => id);
const scanned = async () => idsOf(await source.scan());
const sessionOf = (id: string) => {
  const found = [...source.sessions()].find((session) => session.id === id);
  if (found === undefined) throw new Error(`no session ${id}`);
  return found;
};
/** The system tells of a change in its own time; the look that follows waits for the clock. */
const untilChanged = (id: string) =>
  until(
    async () => {
      await clock.advance(15);
      return changed.includes(id) || undefined;
    },
    { timeoutMs: 3000, failure: () => `${id} did not change; ${changed.join()} did; ${warnings.join()}` },
  );

describe('DatabaseSource', () => {
  it('finds the newest sessions, to a bound, and gives those that were not only listed', async () => {
    const database = agentOpens();
    for (const [id, at] of [
      ['a', 500],
      ['b', 3000],
      ['c', 2000],
      ['d', 100],
    ] as const)
      add(database, id, at);
    expect(await scanned()).toEqual(['b', 'c']);
    expect(idsOf(source.sessions())).toEqual(['b', 'c', 'a']);
    expect([...source.sessions()].map(({ isKnown, home }) => [isKnown, home])).toContainEqual([
      false,
      '/home',
    ]);
    expect(await scanned()).toEqual([]);
  });

  it('reads a session anew each time, and says when it is gone', async () => {
    const database = agentOpens();
    add(database, 's', 2000, { cwd: '/p', lastActivityMs: 2500 });
    const [session] = await source.scan();
    expect(await session?.advance()).toEqual({ kind: 'read', bytes: 34 });
    expect(session).toMatchObject({ isKnown: true, modifiedMs: 2500, path });
    add(database, 's', 2600, { model: 'm' });
    await session?.advance();
    expect(session?.view()).toMatchObject({ cwd: '/p', model: 'm' });
    database.exec('delete from record');
    expect(await session?.advance()).toEqual({ kind: 'missing' });
    source.forget('s');
    expect(idsOf(source.sessions())).toEqual([]);
  });

  it('tells of sessions that change, while the change is only in the write-ahead log', async () => {
    const database = agentOpens();
    add(database, 's', 2000);
    await source.scan();
    add(database, 's', 2100);
    await untilChanged('s');
    add(database, 'new', 2200);
    await untilChanged('new');
    expect(new Set(changed)).toEqual(new Set(['s', 'new']));
  });

  it('looks once however often the file changes within a moment', async () => {
    const database = agentOpens();
    add(database, 's', 2000);
    await source.scan();
    for (let count = 0; count < 50; count += 1) add(database, 's', 2100 + count);
    await untilChanged('s');
    await clock.advance(60_000);
    expect(changed).toEqual(['s']);
  });

  it('finds by a scan what no event told of', async () => {
    const database = agentOpens();
    add(database, 's', 2000);
    const [session] = await source.scan();
    await session?.advance();
    add(database, 's', 2100);
    add(database, 'old', 10);
    expect(await scanned()).toEqual(['s']);
    expect(idsOf(source.sessions())).toEqual(['s', 'old']);
  });

  it('waits for a database that is not there yet, without a word', async () => {
    expect(await scanned()).toEqual([]);
    const database = agentOpens();
    await clock.advance(15);
    add(database, 's', 2000);
    expect(await scanned()).toEqual(['s']);
    expect(warnings).toEqual([]);
  });

  it.each([
    ['of another schema', () => void agentOpens(path, 'create table other (id integer)'), 'no such table'],
    ['that is none', () => writeFile(path, 'some text of another program '.repeat(100)), 'not a database'],
    ['that cannot be looked at', () => symlink(path, path), 'ELOOP'],
  ])('tells once of a database %s, and goes on without it', async (_name, make, words) => {
    await make();
    for (let look = 0; look < 3; look += 1) expect(await scanned()).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining(words)]);
    expect(warnings[0]).toContain(path);
    await rm(path, { force: true });
    await rm(`${path}-wal`, { force: true });
    add(agentOpens(), 's', 2000);
    expect(await scanned()).toEqual(['s']);
  });

  it('passes over a moment in which another holds it alone, and misses nothing of it', async () => {
    const database = agentOpens();
    database.exec('pragma journal_mode = delete');
    add(database, 's', 2000);
    await source.scan();
    add(database, 'meanwhile', 2100);
    database.exec('begin exclusive');
    await until(
      async () => {
        await clock.advance(15);
        return warnings.length > 0 || undefined;
      },
      { timeoutMs: 3000, failure: () => `no look was tried; ${changed.join()}` },
    );
    expect(warnings).toEqual([expect.stringContaining('database is locked')]);
    const read = await sessionOf('s').advance();
    expect(read).toEqual({ kind: 'unreadable', trouble: 'its database cannot be read' });
    database.exec('commit');
    expect(await sessionOf('s').advance()).toMatchObject({ kind: 'read' });
    add(database, 'after', 2200);
    await untilChanged('after');
    expect(changed).toContain('meanwhile');
  });

  it('takes a file that was made anew for another database', async () => {
    add(agentOpens(), 'before', 2000);
    await source.scan();
    const before = sessionOf('before');
    databases.pop()?.close();
    const made = join(dir, 'made');
    const database = agentOpens(made);
    add(database, 'after', 3000);
    databases.pop();
    database.close();
    await Promise.all(['-wal', '-shm'].map((end) => rm(path + end, { force: true })));
    await rename(made, path);
    expect(await scanned()).toEqual(['after']);
    expect(await before.advance()).toEqual({ kind: 'missing' });
    expect([...source.sessions()].map(({ id }) => id)).toEqual(['after']);
    expect(warnings).toEqual([]);
  });

  it('neither looks nor tells any more once it is closed', async () => {
    const database = agentOpens();
    add(database, 's', 2000);
    await source.scan();
    source.close();
    add(database, 's', 2100);
    await clock.advance(60_000);
    expect(changed).toEqual([]);
  });
});
