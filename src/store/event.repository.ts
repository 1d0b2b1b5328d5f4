import { Inject, Injectable } from '@nestjs/common';
import type { Kysely } from 'kysely';
import type { EpochMs } from '../core/stop.js';
import type { EventTable, Schema } from './schema.js';
import { DATABASE } from './tokens.js';

/** One event as it is told: `data` is the JSON text clients get. Ids grow, without promise to be without gaps. */
export type StoredEvent = Readonly<{
  id: number;
  atMs: EpochMs;
  type: string;
  sessionIds: readonly string[];
  data: string;
}>;

/** SQLite takes a bounded number of parameters in one statement. */
const BATCH = 500;

/** What was told on the event stream, for clients that come back. Bounded by `prune`. */
@Injectable()
export class EventRepository {
  constructor(@Inject(DATABASE) private readonly db: Kysely<Schema>) {}

  /** The greatest id ever given out, also when its event is gone; 0 before the first. */
  async lastId(): Promise<number> {
    const row = await this.db
      .selectFrom('sqlite_sequence')
      .select('seq')
      .where('name', '=', 'events')
      .executeTakeFirst();
    return row?.seq ?? 0;
  }

  /** The smallest id that is kept; undefined where none is. */
  async oldestId(): Promise<number | undefined> {
    const row = await this.db.selectFrom('events').select('id').orderBy('id').executeTakeFirst();
    return row?.id;
  }

  async append(events: readonly StoredEvent[]): Promise<void> {
    for (let from = 0; from < events.length; from += BATCH) {
      const rows = events.slice(from, from + BATCH).map(toRow);
      await this.db.insertInto('events').values(rows).execute();
    }
  }

  /** Those with a greater id, the oldest first. */
  async after(id: number, limit: number): Promise<readonly StoredEvent[]> {
    const rows = await this.db
      .selectFrom('events')
      .selectAll()
      .where('id', '>', id)
      .orderBy('id')
      .limit(limit)
      .execute();
    return rows.map(fromRow);
  }

  /** Forgets those up to an id, and those older than an instant. */
  async prune(upToId: number, beforeMs: EpochMs): Promise<void> {
    await this.db
      .deleteFrom('events')
      .where((where) => where.or([where('id', '<=', upToId), where('at_ms', '<', beforeMs)]))
      .execute();
  }
}

function toRow({ id, atMs, type, sessionIds, data }: StoredEvent): EventTable {
  return { id, at_ms: atMs, type, sessions_json: JSON.stringify(sessionIds), data_json: data };
}

function fromRow(row: EventTable): StoredEvent {
  const ids: unknown = JSON.parse(row.sessions_json);
  const sessionIds = Array.isArray(ids) ? ids.map(String) : [];
  return { id: row.id, atMs: row.at_ms, type: row.type, sessionIds, data: row.data_json };
}
