/** The tables as the newest migration leaves them. Instants are epoch milliseconds; `*_json` holds JSON text. */
export type EpisodeTable = {
  id: string;
  agent: string;
  session_id: string;
  /** The record that shows the first stop: with the session it makes the episode unique. */
  key_record_id: string;
  /** Whose quota it draws on; null where no launch contract is known. */
  account: string | null;
  /** 1 where the stop is the account's, 0 where it is the session's own. */
  is_shared: number;
  contract_json: string | null;
  stop_json: string;
  state: string;
  why: string;
  due_at_ms: number | null;
  attempts: number;
  without_progress: number;
  acks: number;
  time_saved_ms: number | null;
  trace: string | null;
  /** The session its work went over to. */
  successor: string | null;
  /** The resume a person has asked for. */
  asked_json: string | null;
  created_at_ms: number;
  updated_at_ms: number;
  version: number;
};

/** Append-only: triggers refuse every change of a row. */
export type AuditTable = {
  id?: number;
  at_ms: number;
  session_id: string;
  episode_id: string;
  from_state: string | null;
  to_state: string;
  why: string;
  detail_json: string;
};

export type RunTable = {
  id: string;
  kind: string;
  agent: string;
  session_id: string;
  episode_id: string | null;
  account: string | null;
  contract_json: string;
  /** Unique: one run per resume, whatever the code does. Null for launches, and for what was never started. */
  resume_key: string | null;
  stop_reason: string | null;
  pid: number | null;
  proc_start: string | null;
  started_at_ms: number;
  ended_at_ms: number | null;
  outcome_json: string | null;
  trace_json: string | null;
  /** Who had it ended, in words. */
  aborted_by: string | null;
  strategy: string | null;
  /** 1: work in a process that is not ours. */
  live: number;
};

/** Answers to requests with an Idempotency-Key: what was asked, as a hash, and the answer. */
export type AnswerTable = {
  key: string;
  request_hash: string;
  at_ms: number;
  answer_json: string;
};

/** Kept by triggers: how many episodes there are, so that nobody has to count them. */
export type EpisodeCountTable = {
  agent: string;
  account: string;
  state: string;
  count: number;
  time_saved_ms: number;
};

/** What the sessions of one account share; see `core/account.ts`. */
export type AccountTable = {
  id: string;
  agent: string;
  home: string;
  windows_json: string;
  gate_json: string;
};

export type SettingTable = { name: string; value: string };

/** What was told on the event stream, kept for those who come back. */
export type EventTable = {
  id: number;
  at_ms: number;
  type: string;
  sessions_json: string;
  data_json: string;
};

/** SQLite's own; here for the last id that was given out. */
export type SequenceTable = { name: string; seq: number };

export type Schema = {
  answers: AnswerTable;
  accounts: AccountTable;
  episodes: EpisodeTable;
  episode_counts: EpisodeCountTable;
  audit: AuditTable;
  runs: RunTable;
  settings: SettingTable;
  events: EventTable;
  sqlite_sequence: SequenceTable;
};
