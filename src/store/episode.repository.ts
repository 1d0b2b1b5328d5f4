import { Inject, Injectable } from '@nestjs/common';
import type { Kysely, Transaction } from 'kysely';
import { FINAL_STATES, type Episode } from '../core/episode.js';
import { PalingenesisError } from '../core/errors.js';
import type { Run } from '../core/run.js';
import type { EpochMs } from '../core/stop.js';
import { appendAudit, toEpisode, toEpisodeRow } from './episode-row.js';
import { toRunRow } from './run.repository.js';
import type { Schema } from './schema.js';
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

/** An episode as it was read, and the steps it takes from there. */
export type EpisodeSteps = Readonly<{ before: Episode; steps: readonly Episode[] }>;

/** How many episodes of an account are in a state, and how much work they saved. */
export type EpisodeCount = Readonly<{
  agent: string;
  account: string;
  state: string;
  count: number;
  timeSavedMs: number;
}>;

/** Episodes of one account that are held, or wait: `isShared` those whose stop is the account's. */
export type AccountFilter = Readonly<{
  account: string;
  state: 'waiting' | 'gated';
  isShared: boolean;
  limit: number;
}>;

/** Waits after one place in their order, until an instant. */
export type WaitsFilter = Readonly<{
  from: Readonly<{ dueAtMs: EpochMs; id: string }>;
  untilMs: EpochMs;
  limit: number;
}>;

/** Episodes and their audit trail. Each change writes both in one transaction, or neither. */
@Injectable()
export class EpisodeRepository {
  constructor(@Inject(DATABASE) private readonly db: Kysely<Schema>) {}

  /**
   * Stores a new episode, and the steps it takes at once; false when this stop already has one, or the session has an
   * open one.
   */
  async create(episode: Episode, steps: readonly Episode[] = []): Promise<boolean> {
    const last = steps.at(-1) ?? episode;
    return this.db.transaction().execute(async (tx) => {
      const { numInsertedOrUpdatedRows } = await tx
        .insertInto('episodes')
        .values({ ...toEpisodeRow(last), id: episode.id, key_record_id: episode.stop.recordId })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      if (numInsertedOrUpdatedRows !== 1n) return false;
      await appendAudit(tx, undefined, [episode, ...steps]);
      return true;
    });
  }

  /**
   * Stores the steps an episode takes and their audit lines, and with them the run that is about to start, if any.
   * Throws `stale-episode` when another writer was faster; then nothing is written. Throws `already-resumed` when there
   * is a run under the run's key.
   */
  async save({ before, steps }: EpisodeSteps, run?: Run): Promise<void> {
    await this.db.transaction().execute(async (tx) => {
      if (!(await write(tx, { before, steps })))
        throw new PalingenesisError(
          'stale-episode',
          `episode ${before.id} changed since version ${before.version}`,
        );
      if (run !== undefined) await insertRun(tx, run);
    });
  }

  /** Stores the steps of many in one transaction; gives those that no other writer had changed meanwhile. */
  async saveAll(all: readonly EpisodeSteps[]): Promise<readonly EpisodeSteps[]> {
    return this.db.transaction().execute(async (tx) => {
      const saved: EpisodeSteps[] = [];
      for (const each of all) if (await write(tx, each)) saved.push(each);
      return saved;
    });
  }

  async find(id: string): Promise<Episode | undefined> {
    const row = await this.db.selectFrom('episodes').selectAll().where('id', '=', id).executeTakeFirst();
    return row && toEpisode(row);
  }

  /** The open episode of a session; where it has none, that of the given id. */
  async findOpen(sessionId: string, otherwise?: string): Promise<Episode | undefined> {
    const row = await this.db
      .selectFrom('episodes')
      .selectAll()
      .where('session_id', '=', sessionId)
      .where('state', 'not in', FINAL_STATES)
      .executeTakeFirst();
    if (row !== undefined) return toEpisode(row);
    return otherwise === undefined ? undefined : this.find(otherwise);
  }

  async inStates(states: readonly Episode['state'][]): Promise<readonly Episode[]> {
    const rows = await this.db.selectFrom('episodes').selectAll().where('state', 'in', states).execute();
    return rows.map(toEpisode);
  }

  /** Waiting episodes that are due, the longest due first. */
  async due(nowMs: EpochMs, limit: number): Promise<readonly Episode[]> {
    const rows = await this.db
      .selectFrom('episodes')
      .selectAll()
      .where('state', '=', 'waiting')
      .where('due_at_ms', '<=', nowMs)
      .orderBy('due_at_ms')
      .limit(limit)
      .execute();
    return rows.map(toEpisode);
  }

  /** The earliest due instant, after one if that is given, of those that wait, or of those that are due and held. */
  async nextDueMs(afterMs = -1, state: 'waiting' | 'gated' = 'waiting'): Promise<EpochMs | undefined> {
    const row = await this.db
      .selectFrom('episodes')
      .select('due_at_ms')
      .where('state', '=', state)
      .where('due_at_ms', '>', afterMs)
      .orderBy('due_at_ms')
      .limit(1)
      .executeTakeFirst();
    return row?.due_at_ms ?? undefined;
  }

  /** What waits and is due after one place in their order until an instant, the earliest first. */
  async waitsBetween({ from, untilMs, limit }: WaitsFilter): Promise<readonly Episode[]> {
    const rows = await this.db
      .selectFrom('episodes')
      .selectAll()
      .where('state', '=', 'waiting')
      .where('due_at_ms', '>=', from.dueAtMs)
      .where('due_at_ms', '<=', untilMs)
      .where(({ eb }) =>
        eb('due_at_ms', '>', from.dueAtMs).or(eb('due_at_ms', '=', from.dueAtMs).and('id', '>', from.id)),
      )
      .orderBy('due_at_ms')
      .orderBy('id')
      .limit(limit)
      .execute();
    return rows.map(toEpisode);
  }

  /** The earliest due instant after another of those that wait. */
  async nextDueAfter(atMs: EpochMs): Promise<EpochMs | undefined> {
    const row = await this.db
      .selectFrom('episodes')
      .select('due_at_ms')
      .where('state', '=', 'waiting')
      .where('due_at_ms', '>', atMs)
      .orderBy('due_at_ms')
      .limit(1)
      .executeTakeFirst();
    return row?.due_at_ms ?? undefined;
  }

  /** What waits, the earliest due first. */
  async nextWaits(limit: number): Promise<readonly Episode[]> {
    return this.due(Number.MAX_SAFE_INTEGER, limit);
  }

  /** Of one account, the longest due first. */
  async ofAccount({ account, state, isShared, limit }: AccountFilter): Promise<readonly Episode[]> {
    const rows = await this.db
      .selectFrom('episodes')
      .selectAll()
      .where('account', '=', account)
      .where('state', '=', state)
      .where('is_shared', '=', isShared ? 1 : 0)
      .orderBy('due_at_ms')
      .limit(limit)
      .execute();
    return rows.map(toEpisode);
  }

  /** The ids of all that wait or are held for the sake of an account's limit. */
  async pendingIds(account: string): Promise<readonly string[]> {
    const rows = await this.db
      .selectFrom('episodes')
      .select('id')
      .where('account', '=', account)
      .where('state', 'in', ['waiting', 'gated'])
      .where('is_shared', '=', 1)
      .execute();
    return rows.map(({ id }) => id);
  }

  /** Where the sessions belong that are due and held. */
  async gatedPlaces(): Promise<readonly Readonly<{ agent: string; home: string }>[]> {
    const accounts = (await this.counts()).filter(({ state }) => state === 'gated');
    const first = accounts.map(({ account }) =>
      this.db.selectFrom('episodes').selectAll().where('account', '=', account).limit(1).executeTakeFirst(),
    );
    const found = (await Promise.all(first)).map((row) => row && toEpisode(row));
    return found.flatMap((one) =>
      one?.contract === undefined ? [] : [{ agent: one.agent, home: one.contract.home }],
    );
  }

  async byIds(ids: readonly string[]): Promise<readonly Episode[]> {
    const rows = await this.db.selectFrom('episodes').selectAll().where('id', 'in', ids).execute();
    return rows.map(toEpisode);
  }

  /** Newest first; `before` is the id of the last episode of the page before. */
  async list({ sessionId, state, before, limit }: EpisodeFilter): Promise<readonly Episode[]> {
    let query = this.db.selectFrom('episodes').selectAll();
    if (sessionId !== undefined) query = query.where('session_id', '=', sessionId);
    if (state !== undefined) query = query.where('state', '=', state);
    if (before !== undefined) query = query.where('id', '<', before);
    return (await query.orderBy('id', 'desc').limit(limit).execute()).map(toEpisode);
  }

  /** Costs the same however many there are. */
  async counts(): Promise<readonly EpisodeCount[]> {
    const rows = await this.db.selectFrom('episode_counts').selectAll().where('count', '>', 0).execute();
    return rows.map(({ time_saved_ms: timeSavedMs, ...row }) => ({ ...row, timeSavedMs }));
  }

  async countByState(): Promise<Readonly<Record<string, number>>> {
    return countByState(await this.counts());
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

/** The counts of all accounts together. */
export function countByState(counts: readonly EpisodeCount[]): Readonly<Record<string, number>> {
  const byState: Record<string, number> = {};
  for (const { state, count } of counts) byState[state] = (byState[state] ?? 0) + count;
  return byState;
}

/** False when another writer was faster; then nothing is written. */
async function write(tx: Transaction<Schema>, { before, steps }: EpisodeSteps): Promise<boolean> {
  const after = steps.at(-1);
  if (after === undefined) return true;
  const { numUpdatedRows } = await tx
    .updateTable('episodes')
    .set(toEpisodeRow(after))
    .where('id', '=', before.id)
    .where('version', '=', before.version)
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) return false;
  await appendAudit(tx, before, steps);
  return true;
}

async function insertRun(tx: Transaction<Schema>, run: Run): Promise<void> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('runs')
    .values(toRunRow(run))
    .onConflict((conflict) => conflict.column('resume_key').where('resume_key', 'is not', null).doNothing())
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows !== 1n)
    throw new PalingenesisError(
      'already-resumed',
      `session ${run.sessionId} was resumed for this stop already: nothing is started twice`,
    );
}
