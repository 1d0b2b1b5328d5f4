import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { Kysely, SqliteDialect, type SqliteDatabase, type SqliteStatement } from 'kysely';
import { Migrator, type Migration } from 'kysely/migration';
import { messageOf, PalingenesisError } from '../core/errors.js';
import { MIGRATIONS } from './migrations.js';
import type { Schema } from './schema.js';

export const IN_MEMORY = ':memory:';
const MAX_STATEMENTS = 100;
/** SQLite's own numbers: read-only, input or output failed, full, cannot be opened. */
const UNWRITABLE: readonly number[] = [8, 10, 13, 14];
/** The rest of an extended number is detail (sqlite.org/rescode.html). */
const PRIMARY = 0xff;

/**
 * Opens the database, readable by its owner only, and brings it to the newest schema.
 * WAL with full sync: what was written before acting is there after a crash of the machine, too.
 */
export async function openDatabase(path: string, migrations = MIGRATIONS): Promise<Kysely<Schema>> {
  if (path !== IN_MEMORY) createPrivateFile(path);
  const native = new DatabaseSync(path);
  try {
    return await prepare(native, path, migrations);
  } catch (error) {
    native.close();
    throw error;
  }
}

async function prepare(
  native: DatabaseSync,
  path: string,
  migrations: Readonly<Record<string, Migration>>,
): Promise<Kysely<Schema>> {
  native.exec('pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 5000');
  const db = new Kysely<Schema>({ dialect: new SqliteDialect({ database: adapt(native, path) }) });
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve({ ...migrations }) },
  });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw new Error(`cannot bring ${path} to the newest schema`, { cause: error });
  return db;
}

function createPrivateFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, 'a', 0o600));
  chmodSync(path, 0o600);
}

/**
 * Kysely speaks better-sqlite3; node:sqlite differs only in how arguments are passed. Statements are kept: their
 * texts are few, and preparing one takes longer than running it.
 */
function adapt(native: DatabaseSync, path: string): SqliteDatabase {
  const prepared = new Map<string, SqliteStatement>();
  return {
    close: () => native.close(),
    prepare: (text) => {
      const statement = prepared.get(text) ?? adaptStatement(native.prepare(text), path);
      // What is full, or fails, has rolled back by itself; a second time would hide why (sqlite.org/lang_transaction.html).
      if (text === 'rollback' && !native.isTransaction) return NO_STATEMENT;
      if (prepared.size >= MAX_STATEMENTS) prepared.clear();
      prepared.set(text, statement);
      return statement;
    },
  };
}

const NO_STATEMENT: SqliteStatement = {
  reader: false,
  all: () => [],
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  iterate: () => [].values(),
};

function adaptStatement(statement: StatementSync, path: string): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (values) => named(path, () => statement.all(...bindable(values))),
    run: (values) => named(path, () => statement.run(...bindable(values))),
    iterate: (values) => statement.iterate(...bindable(values)),
  };
}

/** What a person has to mend is told as such, and where. */
function named<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!isUnwritable(error)) throw error;
    throw new PalingenesisError(
      'store-unavailable',
      `${path} cannot be written (${messageOf(error)}): free space there, or let this user write`,
      { cause: error },
    );
  }
}

function isUnwritable(error: unknown): boolean {
  return (
    Error.isError(error) &&
    'errcode' in error &&
    typeof error.errcode === 'number' &&
    UNWRITABLE.includes(error.errcode & PRIMARY)
  );
}

type Bindable = string | number | bigint | null | Uint8Array;

function bindable(values: readonly unknown[]): Bindable[] {
  return values.map((value) => {
    if (value === null || value instanceof Uint8Array) return value;
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') return value;
    throw new TypeError(`SQLite cannot hold a ${typeof value}`);
  });
}
