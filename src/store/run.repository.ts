import { Inject, Injectable } from '@nestjs/common';
import type { Kysely } from 'kysely';
import { accountOf } from '../core/account-id.js';
import type { ProcessRef } from '../core/ports/process-host.js';
import type { Run, RunOutcome } from '../core/run.js';
import { STOP_REASONS, type EpochMs, type StopReason } from '../core/stop.js';
import { parseContract, parseOutcome, parseTrace } from './parse-columns.js';
import type { RunTable, Schema } from './schema.js';
import { DATABASE } from './tokens.js';

/** The child processes of ours: each stored before it is started and closed once, with how it ended. */
@Injectable()
export class RunRepository {
  constructor(@Inject(DATABASE) private readonly db: Kysely<Schema>) {}

  async create(run: Run): Promise<void> {
    await this.db.insertInto('runs').values(toRunRow(run)).execute();
  }

  async setProcess(id: string, { pid, procStart }: ProcessRef): Promise<void> {
    await this.db
      .updateTable('runs')
      .set({ pid, proc_start: procStart ?? null })
      .where('id', '=', id)
      .execute();
  }

  async setSession(id: string, sessionId: string): Promise<void> {
    await this.db.updateTable('runs').set({ session_id: sessionId }).where('id', '=', id).execute();
  }

  /** Notes who had a run ended. */
  async setAborted(id: string, by: string): Promise<void> {
    await this.db.updateTable('runs').set({ aborted_by: by }).where('id', '=', id).execute();
  }

  /** Closes a run; false when it was closed before. */
  async end(id: string, outcome: RunOutcome, endedAtMs: EpochMs): Promise<boolean> {
    const { numUpdatedRows } = await this.db
      .updateTable('runs')
      .set({ ended_at_ms: endedAtMs, outcome_json: JSON.stringify(outcome) })
      .where('id', '=', id)
      .where('ended_at_ms', 'is', null)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  }

  /** Forgets a run that never started. */
  async remove(id: string): Promise<void> {
    await this.db.deleteFrom('runs').where('id', '=', id).execute();
  }

  async open(): Promise<readonly Run[]> {
    const rows = await this.db.selectFrom('runs').selectAll().where('ended_at_ms', 'is', null).execute();
    return rows.map(fromRow);
  }

  async openOf(sessionId: string): Promise<Run | undefined> {
    const row = await this.db
      .selectFrom('runs')
      .selectAll()
      .where('session_id', '=', sessionId)
      .where('ended_at_ms', 'is', null)
      .executeTakeFirst();
    return row && fromRow(row);
  }

  async ofSession(sessionId: string, limit: number): Promise<readonly Run[]> {
    const rows = await this.db
      .selectFrom('runs')
      .selectAll()
      .where('session_id', '=', sessionId)
      .orderBy('started_at_ms', 'desc')
      .limit(limit)
      .execute();
    return rows.map(fromRow);
  }

  /** All runs of an episode, the newest first. */
  async ofEpisode(episodeId: string): Promise<readonly Run[]> {
    const rows = await this.db
      .selectFrom('runs')
      .selectAll()
      .where('episode_id', '=', episodeId)
      .orderBy('id', 'desc')
      .execute();
    return rows.map(fromRow);
  }

  /** When and where resumes of all sessions were started from one instant until before another. */
  async resumesBetween(
    fromMs: EpochMs,
    toMs: EpochMs,
  ): Promise<readonly Readonly<{ startedAtMs: EpochMs; cwd: string }>[]> {
    const rows = await this.db
      .selectFrom('runs')
      .select(['started_at_ms', 'contract_json'])
      .where('started_at_ms', '>=', fromMs)
      .where('started_at_ms', '<', toMs)
      .where('kind', '=', 'resume')
      .execute();
    return rows.map((row) => ({ startedAtMs: row.started_at_ms, cwd: parseContract(row.contract_json).cwd }));
  }

  /** True while a run of the episode has not ended, in whatever session it works. */
  async isUnderWay(episodeId: string): Promise<boolean> {
    const row = await this.db
      .selectFrom('runs')
      .select('id')
      .where('episode_id', '=', episodeId)
      .where('ended_at_ms', 'is', null)
      .limit(1)
      .executeTakeFirst();
    return row !== undefined;
  }

  /** Resumes of a session, or of those only that answered stops of one reason. */
  async countResumesSince(sessionId: string, sinceMs: EpochMs, reason?: StopReason): Promise<number> {
    let query = this.db
      .selectFrom('runs')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('session_id', '=', sessionId)
      .where('kind', '=', 'resume')
      .where('started_at_ms', '>=', sinceMs);
    if (reason !== undefined) query = query.where('stop_reason', '=', reason);
    return (await query.executeTakeFirstOrThrow()).count;
  }

  /** Closes a run that never came to start; another may be started under its key. */
  async endUnstarted(id: string, endedAtMs: EpochMs): Promise<void> {
    const outcome: RunOutcome = { result: 'none', deniedTools: [] };
    await this.db
      .updateTable('runs')
      .set({ ended_at_ms: endedAtMs, outcome_json: JSON.stringify(outcome), resume_key: null })
      .where('id', '=', id)
      .execute();
  }

  /** The run that was started under a key. */
  async ofKey(key: string): Promise<Run | undefined> {
    const row = await this.db.selectFrom('runs').selectAll().where('resume_key', '=', key).executeTakeFirst();
    return row && fromRow(row);
  }
}

export function toRunRow(run: Run): RunTable {
  return {
    id: run.id,
    kind: run.kind,
    agent: run.agent,
    session_id: run.sessionId,
    episode_id: run.episodeId ?? null,
    account: accountOf(run) ?? null,
    contract_json: JSON.stringify(run.contract),
    resume_key: run.key ?? null,
    stop_reason: run.stopReason ?? null,
    pid: run.pid ?? null,
    proc_start: run.procStart ?? null,
    started_at_ms: run.startedAtMs,
    ended_at_ms: run.endedAtMs ?? null,
    outcome_json: run.outcome === undefined ? null : JSON.stringify(run.outcome),
    trace_json: run.trace === undefined ? null : JSON.stringify(run.trace),
    aborted_by: run.abortedBy ?? null,
    strategy: run.strategy ?? null,
    live: run.live === true ? 1 : 0,
  };
}

function fromRow(row: RunTable): Run {
  const stopReason = STOP_REASONS.find((reason) => reason === row.stop_reason);
  return {
    id: row.id,
    kind: row.kind === 'launch' ? 'launch' : 'resume',
    agent: row.agent,
    sessionId: row.session_id,
    contract: parseContract(row.contract_json),
    startedAtMs: row.started_at_ms,
    ...(row.episode_id === null ? {} : { episodeId: row.episode_id }),
    ...(row.strategy === null ? {} : { strategy: row.strategy }),
    ...(row.live === 1 ? { live: true as const } : {}),
    ...(row.resume_key === null ? {} : { key: row.resume_key }),
    ...(stopReason === undefined ? {} : { stopReason }),
    ...(row.pid === null ? {} : { pid: row.pid }),
    ...(row.proc_start === null ? {} : { procStart: row.proc_start }),
    ...(row.ended_at_ms === null ? {} : { endedAtMs: row.ended_at_ms }),
    ...(row.trace_json === null ? {} : { trace: parseTrace(row.trace_json) }),
    ...(row.aborted_by === null ? {} : { abortedBy: row.aborted_by }),
    ...(row.outcome_json === null ? {} : { outcome: parseOutcome(row.outcome_json) }),
  };
}
