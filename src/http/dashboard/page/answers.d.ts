/** What the API answers, as far as the page reads it. Null where it is not known; missing where a service is older. */

export interface Stop {
  reason: string;
  confidence: number;
  reset: { at: string; source: string; raw: string } | null;
  window: string | null;
  waits_itself: boolean;
  evidence: { source: string; rule?: string; text: string };
  at: string;
}

export interface Workflow {
  progress: number | null;
  steps_completed: unknown[] | null;
  total_steps: number | null;
  next_step: unknown;
  file: string;
}

export interface Session {
  id: string;
  agent: string;
  state: string;
  cwd: string | null;
  home: string;
  model: string | null;
  permission_mode: string | null;
  version: string | null;
  interactive: boolean | null;
  liveness: string;
  pid: number | null;
  stop: Stop | null;
  episode_id: string | null;
  workflow: Workflow | null;
  last_activity_at: string | null;
}

export interface Run {
  id: string;
  kind: string;
  state: string;
  started_at: string;
  ended_at: string | null;
}

export interface SessionDetail extends Session {
  episodes: Episode[];
  runs: Run[];
}

export interface Episode {
  id: string;
  agent: string;
  session_id: string;
  state: string;
  why: string;
  due_at: string | null;
  attempts: number;
  stop: Stop;
  launch_contract: { cwd: string; home: string } | null;
  time_saved_s?: number | null;
  created_at: string;
  updated_at: string;
}

export interface AuditLine {
  at: string;
  from: string | null;
  to: string;
  why: string;
  detail?: { due_at?: string | null; attempts?: number } | null;
}

export interface EpisodeDetail extends Episode {
  audit: AuditLine[];
}

export interface Explanation {
  text: string;
  seen?: string;
  planned?: string;
  blocked_by?: unknown[];
  would_change?: unknown[];
}

export interface Wait {
  episode_id: string;
  session_id: string;
  agent: string;
  reason: string;
  due_at: string | null;
  why: string;
}

export interface Status {
  state: string;
  version: string;
  uptime_s: number;
  sessions: Record<string, number>;
  episodes: Record<string, number>;
  saves: number;
  time_saved_s?: number | null;
  waits: Wait[];
}

export interface LimitWindow {
  kind: string;
  resets_at: string | null;
  source?: string;
}

export interface Account {
  id: string;
  agent: string;
  home: string;
  windows: LimitWindow[];
  gate: string;
  available: boolean;
  available_at: string | null;
  why: string;
  running: number;
  waiting: number;
}
