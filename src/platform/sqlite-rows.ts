import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { Rows, type SqlValue } from '../core/ports/session-database.js';

const MAX_STATEMENTS = 32;
/** A writer may hold the lock for a moment; reading never waits for it longer. */
const BUSY_MS = 100;

/**
 * A SQLite file of another program, read only, its write-ahead log included. Each read sees what was committed by
 * then and holds no lock afterwards.
 */
export class SqliteRows extends Rows {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** Throws where the file is missing; that it is no database the first `select` tells. */
  constructor(path: string) {
    super();
    this.#db = new DatabaseSync(path, { readOnly: true, timeout: BUSY_MS });
  }

  select(sql: string, ...values: readonly SqlValue[]): readonly Readonly<Record<string, unknown>>[] {
    return this.#statement(sql).all(...values);
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    if (this.#statements.size >= MAX_STATEMENTS) this.#statements.clear();
    const made = this.#db.prepare(sql);
    this.#statements.set(sql, made);
    return made;
  }
}
