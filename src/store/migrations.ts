import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import { addEngine } from './migrate-engine.js';

/** In order of name; a released migration is never changed. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-episodes': { up: createTables },
  '0002-traces': { up: addTraces },
  '0003-engine': { up: addEngine },
  '0005-strategies': { up: addStrategies },
  '0006-control': { up: addControl },
  '0040-events': { up: createEvents },
  '0041-asked': { up: addAsked },
};

async function createTables(db: Kysely<unknown>): Promise<void> {
  await sql`create table episodes (
    id text primary key,
    agent text not null,
    session_id text not null,
    key_record_id text not null,
    contract_json text,
    stop_json text not null,
    state text not null,
    why text not null,
    due_at_ms integer,
    attempts integer not null,
    without_progress integer not null,
    created_at_ms integer not null,
    updated_at_ms integer not null,
    version integer not null,
    unique (session_id, key_record_id)
  ) strict`.execute(db);
  await sql`create unique index episodes_one_open on episodes (session_id)
    where state not in ('saved', 'cancelled')`.execute(db);
  await sql`create index episodes_due on episodes (due_at_ms) where due_at_ms is not null`.execute(db);
  await sql`create table audit (
    id integer primary key,
    at_ms integer not null,
    session_id text not null,
    episode_id text not null,
    from_state text,
    to_state text not null,
    why text not null,
    detail_json text not null
  ) strict`.execute(db);
  await sql`create index audit_by_episode on audit (episode_id)`.execute(db);
  for (const verb of ['update', 'delete'])
    await sql`create trigger ${sql.raw(`audit_no_${verb}`)} before ${sql.raw(verb)} on audit
      begin select raise(abort, 'the audit trail is append-only'); end`.execute(db);
  await sql`create table runs (
    id text primary key,
    kind text not null,
    agent text not null,
    session_id text not null,
    episode_id text,
    contract_json text not null,
    pid integer,
    proc_start text,
    started_at_ms integer not null,
    ended_at_ms integer,
    outcome_json text
  ) strict`.execute(db);
  await sql`create index runs_by_session on runs (session_id, started_at_ms)`.execute(db);
  await sql`create index runs_by_episode on runs (episode_id)`.execute(db);
  await sql`create index runs_open on runs (id) where ended_at_ms is null`.execute(db);
  await sql`create table settings (name text primary key, value text not null) strict`.execute(db);
}

async function addTraces(db: Kysely<unknown>): Promise<void> {
  await sql`alter table episodes add column trace text`.execute(db);
  await sql`alter table runs add column trace_json text`.execute(db);
}

/** Who had runs ended, the answers that are given again, and resumes by when they were started. */
async function addControl(db: Kysely<unknown>): Promise<void> {
  await sql`alter table runs add column aborted_by text`.execute(db);
  await sql`create index runs_by_start on runs (started_at_ms)`.execute(db);
  await sql`create table answers (
    key text primary key,
    request_hash text not null,
    at_ms integer not null,
    answer_json text not null
  ) strict`.execute(db);
  await sql`create index answers_by_age on answers (at_ms)`.execute(db);
}

async function createEvents(db: Kysely<unknown>): Promise<void> {
  // An id is never given twice, also when all events are too old to be kept: clients go on from the last they saw.
  await sql`create table events (
    id integer primary key autoincrement,
    at_ms integer not null,
    type text not null,
    sessions_json text not null,
    data_json text not null
  ) strict`.execute(db);
}

async function addStrategies(db: Kysely<unknown>): Promise<void> {
  await sql`alter table episodes add column successor text`.execute(db);
  await sql`alter table runs add column strategy text`.execute(db);
  await sql`alter table runs add column live integer not null default 0`.execute(db);
}

async function addAsked(db: Kysely<unknown>): Promise<void> {
  await sql`alter table episodes add column asked_json text`.execute(db);
}
