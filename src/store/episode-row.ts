import type { Transaction } from 'kysely';
import { accountOf, isShared } from '../core/account-id.js';
import { EPISODE_STATES, type Episode } from '../core/episode.js';
import { iso } from '../core/stop.js';
import { parseAsked, parseContract, parseStop } from './parse-columns.js';
import type { EpisodeTable, Schema } from './schema.js';

export function toEpisodeRow(episode: Episode): Omit<EpisodeTable, 'id' | 'key_record_id'> {
  return {
    agent: episode.agent,
    session_id: episode.sessionId,
    account: accountOf(episode) ?? null,
    is_shared: isShared(episode.stop.reason) ? 1 : 0,
    contract_json: episode.contract === undefined ? null : JSON.stringify(episode.contract),
    stop_json: JSON.stringify(episode.stop),
    state: episode.state,
    why: episode.why,
    due_at_ms: episode.dueAtMs ?? null,
    attempts: episode.attempts,
    without_progress: episode.withoutProgress,
    acks: episode.acks,
    time_saved_ms: episode.timeSavedMs ?? null,
    trace: episode.trace ?? null,
    successor: episode.successor ?? null,
    asked_json: episode.asked === undefined ? null : JSON.stringify(episode.asked),
    created_at_ms: episode.createdAtMs,
    updated_at_ms: episode.updatedAtMs,
    version: episode.version,
  };
}

export function toEpisode(row: EpisodeTable): Episode {
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
    acks: row.acks,
    timeSavedMs: row.time_saved_ms ?? undefined,
    trace: row.trace ?? undefined,
    ...(row.successor === null ? {} : { successor: row.successor }),
    ...(row.asked_json === null ? {} : { asked: parseAsked(row.asked_json) }),
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
    version: row.version,
  };
}

/** One line for each step: a life is written down whole, also where several steps are stored at once. */
export async function appendAudit(
  tx: Transaction<Schema>,
  before: Episode | undefined,
  steps: readonly Episode[],
): Promise<void> {
  const lines = steps.map((after, index) => ({
    at_ms: after.updatedAtMs,
    session_id: after.sessionId,
    episode_id: after.id,
    from_state: (index === 0 ? before : steps[index - 1])?.state ?? null,
    to_state: after.state,
    why: after.why,
    detail_json: JSON.stringify(detailOf(after)),
  }));
  await tx.insertInto('audit').values(lines).execute();
}

function detailOf({ stop, dueAtMs, attempts, version }: Episode): object {
  const { reason, confidence, recordId, reset } = stop;
  return {
    reason,
    confidence,
    record_id: recordId,
    reset: reset === undefined ? null : { at: iso(reset.atMs), source: reset.source },
    due_at: dueAtMs === undefined ? null : iso(dueAtMs),
    attempts,
    version,
  };
}
