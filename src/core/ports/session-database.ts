import type { EpochMs } from '../stop.js';

/** A value that can be bound in a statement. */
export type SqlValue = string | number;

/** A database of an agent that is open for reading. */
export abstract class Rows {
  /** Runs one statement with `?` for its values; gives its rows. Throws where the schema is not as expected. */
  abstract select(sql: string, ...values: readonly SqlValue[]): readonly Readonly<Record<string, unknown>>[];
}

export type ListedSession = Readonly<{ id: string; modifiedMs: EpochMs }>;

/** How far changes have been looked at; `open` are records that may still change. */
export type ReadMark = Readonly<{ last: number; open: readonly string[] }>;

/** The sessions of an agent that keeps them in a database, as statements and what their rows mean. */
export abstract class SessionQueries {
  /** All sessions of people, without those of sub-agents, the newest first, `limit` at the most. */
  abstract list(rows: Rows, limit: number): readonly ListedSession[];
  /** Where to look for changes from: now. */
  abstract mark(rows: Rows): ReadMark;
  /** The sessions with records that are new or changed since a mark. */
  abstract changedSince(rows: Rows, mark: ReadMark): Readonly<{ ids: readonly string[]; mark: ReadMark }>;
  /** The newest records of one session, oldest first, as the lines its transcript fold reads. */
  abstract records(rows: Rows, id: string): readonly string[];

  /** All records of one session with what was said in them, oldest first, as the lines its hand-over fold reads. */
  story(rows: Rows, id: string): readonly string[] {
    return this.records(rows, id);
  }
}
