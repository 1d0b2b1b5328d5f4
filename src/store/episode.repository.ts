import { Inject, Injectable } from '@nestjs/common';
import type { Kysely, Transaction } from 'kysely';
import { EPISODE_STATES, type Episode } from '../core/episode.js';
import { PalingenesisError } from '../core/errors.js';
import type { Run } from '../core/run.js';
import { iso, type EpochMs } from '../core/stop.js';
import { parseContract, parseStop } from './parse-columns.js';
import { toRunRow } from './run.repository.js';
import type { EpisodeTable, Schema } from './schema.js';
import { DATABASE } from './tokens.js';

/** One line of the audit trail. `from` is null for the first. */
export type AuditEntry = Readonly<{
  atMs: EpochMs;
  episodeId: string;
  from: string | null;
  to: string;
  why: string;
  detail: unknown;
}>;

export type EpisodeFilter = Readonly<{ sessionId?: string; state?: string; before?: string; limit: number }>;

/** Episodes and their audit trail. Each change writes both in one transaction, or neither. */
@Injectable()
export class EpisodeRepository {
  constructor(@Inject(DATABASE) private readonly db: Kysely<Schema>) {}

  /** Stores a new episode; false when this stop already has one, or the session has an open one. */
  async create(episode: Episode): Promise<boolean> {
    return this.db.transaction().execute(async (tx) => {
      const { numInsertedOrUpdatedRows } = await tx
        .insertInto('episodes')
        .values({ ...toRow(episode), id: episode.id, key_record_id: episode.stop.recordId })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      if (numInsertedOrUpdatedRows !== 1n) return false;
      await appendAudit(tx, undefined, episode);
      return true;
    });
  }

  /**
   * Stores a changed episode and its audit line, and with it the run it starts, if any.
   * Throws `stale-episode` when another writer was faster; then nothing is written.
   */
  async save(before: Episode, after: Episode, run?: Run): Promise<void> {
    await this.db.transaction().execute(async (tx) => {
      const { numUpdatedRows } = await tx
        .updateTable('episodes')
        .set(toRow(after))
        .where('id', '=', after.id)
        .where('version', '=', before.version)
        .executeTakeFirst();
      if (numUpdatedRows !== 1n)
        throw new PalingenesisError(
          'stale-episode',
          `episode ${after.id} changed since version ${before.version}`,
        );
      await appendAudit(tx, before, after);
      if (run !== undefined) await tx.insertInto('runs').values(toRunRow(run)).execute();
    });
  }

  async find(id: string): Promise<Episode | undefined> {
    const row = await this.db.selectFrom('episodes').selectAll().where('id', '=', id).executeTakeFirst();
    return row && fromRow(row);
  }

  /** The open episode of a session; where it has none, that of the given id. */
  async findOpen(sessionId: string, otherwise?: string): Promise<Episode | undefined> {
    const row = await this.db
      .selectFrom('episodes')
      .selectAll()
      .where('session_id', '=', sessionId)
      .where('state', 'not in', ['saved', 'cancelled'])
      .executeTakeFirst();
    if (row !== undefined) return fromRow(row);
    return otherwise === undefined ? undefined : this.find(otherwise);
  }

  async inStates(states: readonly Episode['state'][]): Promise<readonly Episode[]> {
    const rows = await this.db
      .selectFrom('episodes')
      .selectAll()
      .where('state', 'in', [...states])
      .execute();
    return rows.map(fromRow);
  }

  /** Waiting episodes that are due, the longest due first. */
  async due(nowMs: EpochMs, limit: number): Promise<readonly Episode[]> {
    const rows = await this.db
      .selectFrom('episodes')
      .selectAll()
      .where('due_at_ms', '<=', nowMs)
      .orderBy('due_at_ms')
      .limit(limit)
      .execute();
    return rows.map(fromRow);
  }

  async nextDueMs(): Promise<EpochMs | undefined> {
    const row = await this.db
      .selectFrom('episodes')
      .select('due_at_ms')
      .where('due_at_ms', 'is not', null)
      .orderBy('due_at_ms')
      .executeTakeFirst();
    return row?.due_at_ms ?? undefined;
  }

  /** Newest first; `before` is the id of the last episode of the page before. */
  async list({ sessionId, state, before, limit }: EpisodeFilter): Promise<readonly Episode[]> {
    let query = this.db.selectFrom('episodes').selectAll();
    if (sessionId !== undefined) query = query.where('session_id', '=', sessionId);
    if (state !== undefined) query = query.where('state', '=', state);
    if (before !== undefined) query = query.where('id', '<', before);
    return (await query.orderBy('id', 'desc').limit(limit).execute()).map(fromRow);
  }

  async countByState(): Promise<Readonly<Record<string, number>>> {
    const rows = await this.db
      .selectFrom('episodes')
      .select(({ fn }) => ['state', fn.countAll<number>().as('count')])
      .groupBy('state')
      .execute();
    return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
  }

  async audit(episodeId: string): Promise<readonly AuditEntry[]> {
    const rows = await this.db
      .selectFrom('audit')
      .selectAll()
      .where('episode_id', '=', episodeId)
      .orderBy('id')
      .execute();
    return rows.map((row) => ({
      atMs: row.at_ms,
      episodeId: row.episode_id,
      from: row.from_state,
      to: row.to_state,
      why: row.why,
      detail: JSON.parse(row.detail_json) as unknown,
    }));
  }
}

async function appendAudit(
  tx: Transaction<Schema>,
  before: Episode | undefined,
  after: Episode,
): Promise<void> {
  const detail = {
    reason: after.stop.reason,
    confidence: after.stop.confidence,
    record_id: after.stop.recordId,
    reset:
      after.stop.reset === undefined
        ? null
        : { at: iso(after.stop.reset.atMs), source: after.stop.reset.source },
    due_at: after.dueAtMs === undefined ? null : iso(after.dueAtMs),
    attempts: after.attempts,
    version: after.version,
  };
  await tx
    .insertInto('audit')
    .values({
      at_ms: after.updatedAtMs,
      session_id: after.sessionId,
      episode_id: after.id,
      from_state: before?.state ?? null,
      to_state: after.state,
      why: after.why,
      detail_json: JSON.stringify(detail),
    })
    .execute();
}

function toRow(episode: Episode): Omit<EpisodeTable, 'id' | 'key_record_id'> {
  return {
    agent: episode.agent,
    session_id: episode.sessionId,
    contract_json: episode.contract === undefined ? null : JSON.stringify(episode.contract),
    stop_json: JSON.stringify(episode.stop),
    state: episode.state,
    why: episode.why,
    due_at_ms: episode.dueAtMs ?? null,
    attempts: episode.attempts,
    without_progress: episode.withoutProgress,
    trace: episode.trace ?? null,
    successor: episode.successor ?? null,
    created_at_ms: episode.createdAtMs,
    updated_at_ms: episode.updatedAtMs,
    version: episode.version,
  };
}

function fromRow(row: EpisodeTable): Episode {
  const state = EPISODE_STATES.find((known) => known === row.state);
  if (state === undefined) throw new Error(`episode ${row.id}: the stored state "${row.state}" is not known`);
  return {
    id: row.id,
    agent: row.agent,
    sessionId: row.session_id,
    contract: row.contract_json === null ? undefined : parseContract(row.contract_json),
    stop: parseStop(row.stop_json),
    state,
    why: row.why,
    dueAtMs: row.due_at_ms ?? undefined,
    attempts: row.attempts,
    withoutProgress: row.without_progress,
    trace: row.trace ?? undefined,
    ...(row.successor === null ? {} : { successor: row.successor }),
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
    version: row.version,
  };
}
