import { sql, type Kysely } from 'kysely';
import { accountOf, isShared } from '../core/account-id.js';
import { parseContract, parseStop } from './parse-columns.js';

/** States of every kind, accounts, and one run per resume. What was stored before stays as it is. */
export async function addEngine(db: Kysely<unknown>): Promise<void> {
  await sql`alter table episodes add column account text`.execute(db);
  await sql`alter table episodes add column is_shared integer not null default 0`.execute(db);
  await sql`alter table episodes add column acks integer not null default 0`.execute(db);
  await sql`alter table episodes add column time_saved_ms integer`.execute(db);
  await sql`alter table runs add column account text`.execute(db);
  await sql`alter table runs add column resume_key text`.execute(db);
  await sql`alter table runs add column stop_reason text`.execute(db);
  await indexAnew(db);
  await countEpisodes(db);
  await sql`create table accounts (
    id text primary key,
    agent text not null,
    home text not null,
    windows_json text not null,
    gate_json text not null
  ) strict`.execute(db);
  await nameAccounts(db);
}

async function indexAnew(db: Kysely<unknown>): Promise<void> {
  await sql`drop index episodes_one_open`.execute(db);
  await sql`create unique index episodes_one_open on episodes (session_id)
    where state not in ('saved', 'gave_up', 'cancelled')`.execute(db);
  await sql`drop index episodes_due`.execute(db);
  // The state first: what waits, and what is due and held, are each found without looking at the other.
  await sql`create index episodes_by_due on episodes (state, due_at_ms)`.execute(db);
  await sql`create index episodes_by_account on episodes (account, state, is_shared, due_at_ms)`.execute(db);
  await sql`create index episodes_by_state on episodes (state, id)`.execute(db);
  await sql`create unique index runs_one_per_resume on runs (resume_key) where resume_key is not null`.execute(
    db,
  );
}

async function countEpisodes(db: Kysely<unknown>): Promise<void> {
  await sql`create table episode_counts (
    agent text not null,
    account text not null,
    state text not null,
    count integer not null,
    time_saved_ms integer not null,
    primary key (agent, account, state)
  ) strict, without rowid`.execute(db);
  await sql`insert into episode_counts select agent, coalesce(account, ''), state, count(*), 0 from episodes
    group by 1, 2, 3`.execute(db);
  await sql`create trigger episode_counted after insert on episodes begin ${more('new')} end`.execute(db);
  await sql`create trigger episode_recounted after update on episodes
    when old.state is not new.state or old.account is not new.account
      or old.time_saved_ms is not new.time_saved_ms
    begin ${less('old')} ${more('new')} end`.execute(db);
}

const more = (row: string) =>
  sql.raw(`insert into episode_counts values
    (${row}.agent, coalesce(${row}.account, ''), ${row}.state, 1, coalesce(${row}.time_saved_ms, 0))
    on conflict do update set count = count + 1, time_saved_ms = time_saved_ms + excluded.time_saved_ms;`);

const less = (row: string) =>
  sql.raw(`update episode_counts
    set count = count - 1, time_saved_ms = time_saved_ms - coalesce(${row}.time_saved_ms, 0)
    where agent = ${row}.agent and account = coalesce(${row}.account, '') and state = ${row}.state;`);

type Row = Readonly<{ id: string; agent: string; contract_json: string | null; stop_json: string }>;

/** Episodes that go on need to know whose quota they draw on. */
async function nameAccounts(db: Kysely<unknown>): Promise<void> {
  const { rows } = await sql<Row>`select id, agent, contract_json, stop_json from episodes
    where state not in ('saved', 'cancelled')`.execute(db);
  for (const { id, agent, contract_json, stop_json } of rows) {
    const contract = contract_json === null ? undefined : parseContract(contract_json);
    const account = accountOf({ agent, contract }) ?? null;
    const shared = isShared(parseStop(stop_json).reason) ? 1 : 0;
    await sql`update episodes set account = ${account}, is_shared = ${shared} where id = ${id}`.execute(db);
  }
}
