import { Inject, Injectable } from '@nestjs/common';
import type { Kysely } from 'kysely';
import type { EpochMs } from '../core/stop.js';
import type { Schema } from './schema.js';
import { DATABASE } from './tokens.js';

/** What was answered to a request with a key of its own; `requestHash` tells which request that was. */
export type StoredAnswer = Readonly<{ requestHash: string; answer: unknown }>;

/** Answers that are given again to the same key, for a while. */
@Injectable()
export class AnswerRepository {
  constructor(@Inject(DATABASE) private readonly db: Kysely<Schema>) {}

  /** The answer under a key that is no older than that. */
  async find(key: string, sinceMs: EpochMs): Promise<StoredAnswer | undefined> {
    const row = await this.db
      .selectFrom('answers')
      .selectAll()
      .where('key', '=', key)
      .where('at_ms', '>=', sinceMs)
      .executeTakeFirst();
    return row && { requestHash: row.request_hash, answer: JSON.parse(row.answer_json) as unknown };
  }

  /** Stores an answer, and forgets those that are older than that, and the oldest where there are more than `max`. */
  async store(
    key: string,
    { requestHash, answer }: StoredAnswer,
    { atMs, sinceMs, max }: Readonly<{ atMs: EpochMs; sinceMs: EpochMs; max: number }>,
  ): Promise<void> {
    const row = { key, request_hash: requestHash, at_ms: atMs, answer_json: JSON.stringify(answer) };
    await this.db.transaction().execute(async (tx) => {
      await tx.deleteFrom('answers').where('at_ms', '<', sinceMs).execute();
      await tx
        .insertInto('answers')
        .values(row)
        .onConflict((conflict) => conflict.column('key').doUpdateSet(row))
        .execute();
      const newest = tx.selectFrom('answers').select('key').orderBy('at_ms', 'desc').limit(max);
      await tx.deleteFrom('answers').where('key', 'not in', newest).execute();
    });
  }
}
