/** The fields of the API's answers that these tests read. */
export interface EpisodeAnswer {
  id: string;
  session_id: string;
  state: string;
  why: string;
  due_at: string | null;
  attempts: number;
  successor: string | null;
  stop: { reason: string; window: string | null; reset: { at: string; source: string } | null };
}

export interface AuditLine {
  at: string;
  to: string;
  why: string;
  detail: { due_at: string | null };
}

export interface RunAnswer {
  kind: string;
  state: string;
  strategy: string | null;
  pid: number | null;
  started_at: string;
  result: string | null;
  denied_tools: string[];
}

/** One session with all that was done about it. */
export interface Story {
  state: string;
  episodes: EpisodeAnswer[];
  /** Of the newest episode, the oldest line first. */
  audit: AuditLine[];
  /** The oldest first, without launches. */
  resumes: RunAnswer[];
  saves: number;
  waits: object[];
}
