import { chmodSync, closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { EpochMs } from '../core/stop.js';

/** Another service writes at the same moment; its transactions take a few milliseconds. */
const BUSY_TIMEOUT_MS = 500;
/** A service that has been away for longer does not come back with an old token. */
const KEPT_MS = 30 * 86_400_000;

export type LeaseHolder = Readonly<{ token: number; owner: string; expiresAtMs: EpochMs }>;
type Asked = Readonly<{ sessionId: string; owner: string; nowMs: EpochMs; expiresAtMs: EpochMs }>;

/**
 * The leases of one agent home: a small SQLite file in it, opened for each question, so that a file that was removed or
 * replaced is noticed. Every method throws where the file cannot be used.
 */
export class LeaseFile {
  constructor(private readonly path: string) {}

  /** Who holds the lease afterwards: the one who asks, with a new token, unless another holds one that is running. */
  take({ sessionId, owner, nowMs, expiresAtMs }: Asked): LeaseHolder {
    return this.#write((db) => {
      const found = holderOf(db, sessionId);
      if (found !== undefined && found.owner !== owner && found.expiresAtMs > nowMs) return found;
      const token = (found?.token ?? 0) + 1;
      db.prepare('insert or replace into leases values (?, ?, ?, ?)').run(
        sessionId,
        token,
        owner,
        expiresAtMs,
      );
      db.prepare('delete from leases where expires_at_ms < ?').run(nowMs - KEPT_MS);
      return { token, owner, expiresAtMs };
    });
  }

  /** Sets when a lease runs out; false when it is not held under this token any more. */
  prolong(sessionId: string, token: number, owner: string, expiresAtMs: EpochMs): boolean {
    return this.#write((db) => {
      const found = holderOf(db, sessionId);
      if (found?.token !== token || found.owner !== owner) return false;
      db.prepare('update leases set expires_at_ms = ? where session_id = ?').run(expiresAtMs, sessionId);
      return true;
    });
  }

  #write<T>(work: (db: DatabaseSync) => T): T {
    closeSync(openSync(this.path, 'a', 0o600));
    chmodSync(this.path, 0o600);
    const db = new DatabaseSync(this.path);
    try {
      db.exec(`pragma busy_timeout = ${BUSY_TIMEOUT_MS}; begin immediate; create table if not exists leases (
        session_id text primary key, token integer not null, owner text not null, expires_at_ms integer not null
      ) strict`);
      const result = work(db);
      db.exec('commit');
      return result;
    } finally {
      // What was not committed is undone by it.
      db.close();
    }
  }
}

function holderOf(db: DatabaseSync, sessionId: string): LeaseHolder | undefined {
  const row = db
    .prepare('select token, owner, expires_at_ms from leases where session_id = ?')
    .get(sessionId);
  if (row === undefined) return undefined;
  return {
    token: Number(row['token']),
    owner: String(row['owner']),
    expiresAtMs: Number(row['expires_at_ms']),
  };
}
