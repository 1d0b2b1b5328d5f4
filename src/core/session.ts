import type { EpochMs, Stop, Verdict } from './stop.js';

/** What must survive a resume; never widened. */
export type LaunchContract = Readonly<{
  cwd: string;
  /** The agent's config home; with the agent it names the account. */
  home: string;
  model?: string;
  /** How hard the model thinks, where the agent can be told. */
  effort?: string;
  /** The agent's own word for what it may do without asking: a permission mode, or a sandbox. */
  permissionMode?: string;
  /**
   * Other arguments of the agent's own that it was started with and that narrow or widen what it may do, such as allowed
   * tools. They can hold secrets: only their names are shown.
   */
  args?: readonly string[];
}>;

/** How the newest turn of a session stands, as its own records tell. */
export type Turn = Readonly<
  | { kind: 'none' }
  | { kind: 'open'; recordId: string; atMs: EpochMs }
  | { kind: 'ended'; recordId: string; atMs: EpochMs }
  | { kind: 'interrupted'; recordId: string; atMs: EpochMs }
  | { kind: 'failed'; recordId: string; atMs: EpochMs; verdict: Verdict }
>;

export type RecordRef = Readonly<{ recordId: string; atMs: EpochMs }>;

/** What the records of one session say so far. */
export type SessionView = Readonly<{
  turn: Turn;
  cwd?: string;
  model?: string;
  effort?: string;
  permissionMode?: string;
  /** Of the process that works on it, or did last; see `LaunchContract`. */
  args?: readonly string[];
  version?: string;
  /** True when a person types into it, false for a headless run. */
  interactive?: boolean;
  /** True where the agent does not write down why a turn failed. */
  failuresUnrecorded?: true;
  /** True where the agent does not write down that a turn is over: its last message may still call a tool. */
  endsUnrecorded?: true;
  /** True for the work of another session's helper: it is never watched for its own sake. */
  isSubagent?: true;
  /** The newest prompt of a user (or of our resume). */
  lastPrompt?: RecordRef;
  /** The newest work of the model itself; error records do not count. */
  lastWork?: RecordRef;
  /** How often the context was compacted since then, where the agent goes on by itself after that. */
  compactionsInARow?: number;
  lastActivityMs?: EpochMs;
}>;

/**
 * Whether a process holds the session: `alive`; `dead` = its claim outlived it (kill -9);
 * `absent` = nobody claims it; `unknown` = this agent home keeps no claims to look at.
 */
export type Liveness = 'alive' | 'dead' | 'absent' | 'unknown';

/**
 * Who holds a session. `asks`: what it waits to be told by a person, such as a permission. `headless`: the process ends
 * with its turn.
 */
export type Holding = Readonly<{ liveness: Liveness; pid?: number; asks?: string; headless?: true }>;

/**
 * A process that says it holds a session. `procStart` guards against a reused pid. `idle`: it waits for input; `busy`: a
 * turn is under way; neither where it does not say, or shows a dialog.
 */
export type ProcessClaim = Readonly<{
  sessionId: string;
  pid: number;
  procStart?: string;
  asks?: string;
  idle?: true;
  busy?: true;
}>;

/** The names of arguments, without what they were given: that can be a secret. */
export function argNames(args: readonly string[] = []): readonly string[] {
  return args.filter((word) => word.startsWith('-')).map((word) => word.replace(/=.*$/s, ''));
}

/** One session as the monitor knows it now. */
export type SessionSnapshot = Readonly<{
  id: string;
  agent: string;
  home: string;
  path?: string;
  view: SessionView;
  liveness: Liveness;
  pid?: number;
  stop?: Stop;
  sizeBytes: number;
  modifiedMs: EpochMs;
}>;

/** The contract as recorded, or undefined while the records do not name a working directory. */
export function contractOf(session: SessionSnapshot): LaunchContract | undefined {
  const { cwd, model, effort, permissionMode, args } = session.view;
  if (cwd === undefined) return undefined;
  return {
    cwd,
    home: session.home,
    ...(model === undefined ? {} : { model }),
    ...(effort === undefined ? {} : { effort }),
    ...(permissionMode === undefined ? {} : { permissionMode }),
    ...(args === undefined ? {} : { args }),
  };
}
