import type { Finding } from '../finding.js';
import type { HandoverFold } from '../handover.js';
import type { RunOutcome } from '../run.js';
import type { LaunchContract, ProcessClaim, SessionView } from '../session.js';
import type { Signal } from '../signal.js';
import type { EpochMs } from '../stop.js';
import type { AgentHooks } from './agent-hooks.js';
import type { AgentDaemon, AgentTerminal } from './live-surface.js';
import type { Command, ProcessExit, ProcessInfo } from './process-host.js';
import type { SessionQueries } from './session-database.js';

/** A folder of one agent home and how deep its files lie below it (0: directly inside). */
export type WatchedFolder = Readonly<{ path: string; depth: number }>;

/** Sessions that are files of lines. Of several files of one session the newest counts. */
export type FileSessions = Readonly<{ kind: 'files'; folder: WatchedFolder }>;
/** Sessions that are rows of one SQLite file. */
export type DatabaseSessions = Readonly<{ kind: 'database'; file: string; queries: SessionQueries }>;

/** How it shows that a process holds a session. */
export type Holders = Readonly<
  /** Files that name process and session; one that outlives its process tells of a crash. */
  | { kind: 'claims'; folder: WatchedFolder }
  /** A file per session, locked while it is held. */
  | { kind: 'locks'; folder: string }
  /** Nothing on disk: only the processes themselves. */
  | { kind: 'processes' }
>;

export type ServerPost = Readonly<{ path: string; body: object }>;

/** An HTTP server that processes of the agent may run; it tells of what the records do not. */
export type AgentServer = Readonly<{
  /** The path of its server-sent events: the data of each is a report. */
  events: string;
  /** Paths that tell how the sessions of a folder stand now: each answer is a report. */
  stateOf: (folder: string) => readonly string[];
  /** The path at which it answers where it knows a session. */
  session: (sessionId: string, folder: string) => string;
  /** What is posted to have a session at rest go on with a prompt. */
  prompt: (sessionId: string, folder: string, text: string) => ServerPost;
  /** What is posted to have a full context made smaller; a prompt that comes meanwhile is taken up afterwards. */
  compact?: (sessionId: string, contract: LaunchContract) => ServerPost | undefined;
  /** What is posted to have a session stop what it is doing. */
  abort: (sessionId: string, folder: string) => ServerPost;
  /** The `Authorization` it asks for, by the environment its process was started with. */
  authorization: (env: (name: string) => string | undefined) => string | undefined;
}>;

/** Where one home keeps its sessions, and how to tell who holds them. */
export type HomeLayout = Readonly<{
  home: string;
  sessions: FileSessions | DatabaseSessions;
  holders: Holders;
  /** A log in which the agent says what its records do not. */
  log?: string;
  server?: AgentServer;
  daemon?: AgentDaemon;
}>;

/** Where it shows that an agent is logged in: one of the files says so, or one of the variables is set. */
export type LoginSigns = Readonly<{
  files: readonly Readonly<{ path: string; says: RegExp }>[];
  variables: readonly string[];
}>;

/** Whose records a file holds: told by its name, or only by its first line. */
export type FileOwner = Readonly<{ sessionId: string }> | 'see-first-line';

/** Folds the records of one session, in order, into what they say. It keeps no text of them. */
export abstract class TranscriptFold {
  /** One line of the file. A line it does not understand changes nothing. */
  abstract accept(line: string): void;
  abstract view(): SessionView;

  /**
   * The beginning of the file, a few kilobytes of it, where what is read begins further inside. Missing where the
   * records say everything again and again, so that no beginning need be read.
   */
  acceptHead?(head: string): void;

  /** False while records before the ones seen may still hold something a resume needs. */
  abstract isSufficient(): boolean;
}

/** How a run ended, besides its output: `atMs` is when, or as well as it is known. */
export type RunEnd = Readonly<{ exit: ProcessExit; stderrTail: string; atMs: EpochMs }>;

/** Folds the structured output of one of our runs. */
export abstract class RunFold {
  abstract accept(line: string): void;

  /** One line of its stderr; most agents log nothing there. */
  acceptLog(_line: string): void {
    // says nothing
  }

  /** The session it works on, as soon as the agent has said so. */
  abstract sessionId(): string | undefined;
  abstract outcome(end: RunEnd): RunOutcome;
}

/** A record as it was met outside of its session: words of a screen or an error, or JSON of any of its formats. */
export type LooseRecord = Readonly<
  { atMs: EpochMs } & ({ kind: 'text'; payload: string } | { kind: 'json'; payload: unknown })
>;

/** An agent adapter: it describes and translates. It reads no file and starts no process. */
export abstract class Agent {
  abstract readonly id: string;
  /** The homes to look at, from the settings; none where the agent is switched off. */
  abstract configuredHomes(): readonly string[];
  /** How a home is laid out. */
  abstract layoutOf(home: string): HomeLayout;

  homes(): readonly HomeLayout[] {
    return this.configuredHomes().map((home) => this.layoutOf(home));
  }

  /** The session a file belongs to, or undefined for any other file. */
  abstract ownerOf(path: string): FileOwner | undefined;
  abstract newTranscript(path: string): TranscriptFold;
  abstract newRun(): RunFold;
  /**
   * The command that starts a session. `sessionId` is the id it is wished to have; an agent that chooses its own
   * says it in its output.
   */
  abstract launch(sessionId: string, contract: LaunchContract, prompt: string): Command;
  /** True when a launched session has the id that was wished for. */
  abstract readonly takesSessionId: boolean;
  /** The command that goes on with a session, its contract kept. */
  abstract resume(sessionId: string, contract: LaunchContract, prompt: string): Command;
  /**
   * How a full context is made smaller: by a command of its own, by going on with the session, which compacts first, or
   * not at all.
   */
  compaction(_sessionId: string, _contract: LaunchContract): Command | 'on-resume' | undefined {
    return undefined;
  }

  /**
   * Of the command line of one of its processes those arguments that a resume has to be given again, besides what the
   * contract names.
   */
  keptArgs(_argv: readonly string[]): readonly string[] {
    return [];
  }

  /** The arguments that let it use these tools, in its own words, without asking; undefined where it takes no such list. */
  argsAllowing(_tools: readonly string[]): readonly string[] | undefined {
    return undefined;
  }

  /** A variable that its tools are started with, and the program itself is not; undefined where there is none. */
  readonly toolVariable: string | undefined = undefined;

  /** How it takes keys where it runs in a terminal; undefined where that is not known. */
  readonly terminal: AgentTerminal | undefined = undefined;

  /** Folds the session's records into what a session that takes over has to know; undefined where they cannot tell. */
  newHandover(): HandoverFold | undefined {
    return undefined;
  }

  /** What one record means by itself. */
  abstract classify(record: LooseRecord): Finding;

  /** The records in a document that holds a whole session, such as an export, as lines for the fold. */
  recordsIn(_document: unknown): readonly string[] {
    return [];
  }

  /** What shows that a home is logged in; undefined where it can be without a sign on disk. */
  loginSigns(_home: string): LoginSigns | undefined {
    return undefined;
  }

  /** The session a first line tells of, for files whose name does not. */
  sessionIdIn(_firstLine: string): string | undefined {
    return undefined;
  }

  /** What a claim file says, or undefined where it is no claim. */
  claimOf(_text: string): ProcessClaim | undefined {
    return undefined;
  }

  /** The session a lock file stands for, by its name. */
  lockedSession(_path: string): string | undefined {
    return undefined;
  }

  /** Whether a process is one of this agent, by its command line. */
  isOwn(_argv: readonly string[]): boolean {
    return false;
  }

  /** The home a process works in, by the environment it was started with; undefined where that does not tell. */
  homeOf(_env: (name: string) => string | undefined): string | undefined {
    return undefined;
  }

  /** Whether one of its processes, there when the session last changed, may hold it, where nothing else tells. */
  holds(_process: ProcessInfo, _session: Readonly<{ id: string; home: string; view: SessionView }>): boolean {
    return false;
  }

  /** Whether a process ends with its turn, where nothing else tells that a turn is over. */
  isHeadless(_process: ProcessInfo): boolean {
    return false;
  }

  /**
   * What a report says: a line of its log, what its server tells (as text), what its hook posts (as parsed JSON).
   * None where it says nothing that matters.
   */
  signalsOf(_report: unknown, _atMs: EpochMs): readonly Signal[] {
    return [];
  }

  /** How it can be made to report to this service; undefined where it has no hooks. */
  hooks(): AgentHooks | undefined {
    return undefined;
  }
}
