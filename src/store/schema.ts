/** The tables as the newest migration leaves them. Instants are epoch milliseconds; `*_json` holds JSON text. */
export type EpisodeTable = {
  id: string;
  agent: string;
  session_id: string;
  /** The record that shows the first stop: with the session it makes the episode unique. */
  key_record_id: string;
  contract_json: string | null;
  stop_json: string;
  state: string;
  why: string;
  due_at_ms: number | null;
  attempts: number;
  without_progress: number;
  trace: string | null;
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
  contract_json: string;
  pid: number | null;
  proc_start: string | null;
  started_at_ms: number;
  ended_at_ms: number | null;
  outcome_json: string | null;
  trace_json: string | null;
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
  episodes: EpisodeTable;
  audit: AuditTable;
  runs: RunTable;
  settings: SettingTable;
  events: EventTable;
  sqlite_sequence: SequenceTable;
};
