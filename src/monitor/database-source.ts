import { statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { Logger } from '@nestjs/common';
import { messageOf } from '../core/errors.js';
import type { Agent, DatabaseSessions } from '../core/ports/agent.js';
import type { Cancel, Clock } from '../core/ports/clock.js';
import type { ReadMark, Rows, SessionQueries } from '../core/ports/session-database.js';
import type { SessionView } from '../core/session.js';
import type { EpochMs } from '../core/stop.js';
import { FolderWatch } from '../platform/folder-watch.js';
import { SqliteRows } from '../platform/sqlite-rows.js';
import type { Advance, SessionSource, TrackedSession } from './tracked-session.js';

/**
 * A writing agent changes its file many times a second, and not all it does is one transaction: OpenCode ends a message
 * 2 ms before it begins the next. It is asked that long after a change.
 */
const PAUSE_MS = 15;
const NOTHING_READ: SessionView = { turn: { kind: 'none' } };

export type DatabaseSourceOptions = Readonly<{
  clock: Clock;
  maxSessions: number;
  listOnlyBeforeMs: () => EpochMs;
  onChange: (session: TrackedSession) => void;
}>;

/** The sessions of a home that are rows of a database. */
export class DatabaseSource implements SessionSource {
  readonly #log = new Logger('Monitor');
  readonly #watch: FolderWatch;
  readonly #sessions = new Map<string, DatabaseSession>();
  #rows: SqliteRows | undefined;
  #identity = '';
  #mark: ReadMark | undefined;
  #look: Cancel | undefined;
  #trouble: string | undefined;

  constructor(
    private readonly agent: Agent,
    private readonly home: string,
    private readonly database: DatabaseSessions,
    private readonly options: DatabaseSourceOptions,
  ) {
    const name = basename(database.file);
    this.#watch = new FolderWatch(dirname(database.file), {
      depth: 0,
      // The file itself, and its write-ahead log.
      onFile: (path) => basename(path).startsWith(name) && this.#lookSoon(),
    });
  }

  async scan(): Promise<readonly TrackedSession[]> {
    await this.#watch.scanChanged();
    return this.#read((rows) => this.#list(rows)) ?? [];
  }

  sessions(): Iterable<TrackedSession> {
    return this.#sessions.values();
  }

  forget(id: string): void {
    this.#sessions.delete(id);
  }

  close(): void {
    this.#look?.();
    this.#watch.close();
    this.#closeRows();
  }

  #list(rows: Rows): readonly TrackedSession[] {
    this.#mark ??= this.#queries.mark(rows);
    const listOnlyBeforeMs = this.options.listOnlyBeforeMs();
    const listed = this.#queries.list(rows, this.options.maxSessions);
    const ids = new Set(listed.map(({ id }) => id));
    for (const id of this.#sessions.keys()) if (!ids.has(id)) this.#sessions.delete(id);
    return listed.flatMap(({ id, modifiedMs }) => {
      const session = this.#sessionOf(id);
      const isUnread = session.modifiedMs < modifiedMs;
      session.modifiedMs = Math.max(session.modifiedMs, modifiedMs);
      return isUnread && (session.isKnown || modifiedMs >= listOnlyBeforeMs) ? [session] : [];
    });
  }

  #lookSoon(): void {
    this.#look ??= this.options.clock.after(PAUSE_MS, () => {
      this.#look = undefined;
      this.#lookForChanges();
    });
  }

  #lookForChanges(): void {
    const ids = this.#read((rows) => {
      const changed = this.#queries.changedSince(rows, this.#mark ?? this.#queries.mark(rows));
      this.#mark = changed.mark;
      return changed.ids;
    });
    for (const id of ids ?? []) this.options.onChange(this.#sessionOf(id));
  }

  get #queries(): SessionQueries {
    return this.database.queries;
  }

  #sessionOf(id: string): DatabaseSession {
    const known = this.#sessions.get(id);
    if (known !== undefined) return known;
    const { file, queries } = this.database;
    const read = (): readonly string[] | undefined => this.#read((rows) => queries.records(rows, id));
    const session = new DatabaseSession(id, this.agent, this.home, file, read);
    this.#sessions.set(id, session);
    return session;
  }

  /** Undefined where there is no such database, or not one this version knows; that is told once. */
  #read<T>(work: (rows: Rows) => T): T | undefined {
    try {
      const rows = this.#open();
      const result = rows && work(rows);
      this.#trouble = undefined;
      return result;
    } catch (error) {
      this.#closeRows();
      this.#tell(messageOf(error));
      return undefined;
    }
  }

  #tell(trouble: string): void {
    if (trouble !== this.#trouble) this.#log.warn(`${this.database.file} cannot be read: ${trouble}`);
    this.#trouble = trouble;
  }

  /** Opens the file there is now: one that was deleted and made anew is another. */
  #open(): SqliteRows | undefined {
    const info = statSync(this.database.file, { throwIfNoEntry: false });
    const identity = info === undefined ? '' : `${info.dev}:${info.ino}`;
    if (identity !== this.#identity) {
      this.#closeRows();
      this.#mark = undefined;
      this.#identity = identity;
    }
    if (info === undefined) return undefined;
    this.#rows ??= new SqliteRows(this.database.file);
    return this.#rows;
  }

  /** How far changes were looked at stays: what happens until it can be read again is seen then. */
  #closeRows(): void {
    this.#rows?.close();
    this.#rows = undefined;
  }
}

/** A session that is rows of a database. Its newest records are few, so they are folded anew each time. */
class DatabaseSession implements TrackedSession {
  readonly sizeBytes = 0;
  modifiedMs = 0;
  #view: SessionView | undefined;

  constructor(
    readonly id: string,
    readonly agent: Agent,
    readonly home: string,
    readonly path: string,
    private readonly read: () => readonly string[] | undefined,
  ) {}

  get isKnown(): boolean {
    return this.#view !== undefined;
  }

  view(): SessionView {
    return this.#view ?? NOTHING_READ;
  }

  async advance(): Promise<Advance> {
    const records = this.read();
    if (records === undefined) return { kind: 'unreadable', trouble: 'its database cannot be read' };
    if (records.length === 0) return { kind: 'missing' };
    const fold = this.agent.newTranscript(this.path);
    for (const record of records) fold.accept(record);
    this.#view = fold.view();
    this.modifiedMs = Math.max(this.modifiedMs, this.#view.lastActivityMs ?? 0);
    return { kind: 'read', bytes: records.reduce((bytes, { length }) => bytes + length, 0) };
  }
}
