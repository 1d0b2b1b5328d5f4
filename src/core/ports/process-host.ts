import type { EpochMs } from '../stop.js';

/** What to start. The prompt goes in by stdin, so that no process list shows it. */
export type Command = Readonly<{
  file: string;
  args: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string>>;
  stdin: string;
}>;

export type ProcessRef = Readonly<{ pid: number; procStart?: string }>;
export type ProcessExit = Readonly<{ code?: number; signal?: string }>;

export type StartedProcess = ProcessRef & Readonly<{ exit: Promise<ProcessExit> }>;

/** A process as others see it. `cwd` and `startedMs` are missing where they may not be looked at. */
export type ProcessInfo = Readonly<{
  pid: number;
  argv: readonly string[];
  cwd?: string;
  startedMs?: EpochMs;
}>;

/** Starts and looks at processes of this machine. */
export abstract class ProcessHost {
  /**
   * Starts a command in its own process group, its output in files, so that it outlives this service.
   * Rejects with `agent-unavailable` where the program is missing, `cwd-missing` where the folder is.
   */
  abstract start(
    command: Command,
    output: { stdoutPath: string; stderrPath: string },
  ): Promise<StartedProcess>;
  /** True while that very process lives: a reused pid with another start does not count. */
  abstract isAlive(process: ProcessRef): boolean;
  /** The process that was started with this variable, or undefined. */
  abstract findByEnv(name: string, value: string): ProcessRef | undefined;
  /** Signals the whole group of a process we started; a process that is gone is no error. */
  abstract signalGroup(process: ProcessRef, signal: 'SIGTERM' | 'SIGKILL'): void;
  /** Those processes whose command line is wanted. Rejects where they cannot be looked at. */
  abstract list(isWanted: (argv: readonly string[]) => boolean): Promise<readonly ProcessInfo[]>;
  /** The command line of a process, word by word; undefined where it cannot be told. */
  abstract argvOf(pid: number): readonly string[] | undefined;
  /** What a process was started with in this variable; undefined where it may not be asked or has none. */
  abstract envOf(pid: number, name: string): string | undefined;
  /** Of these files those that are locked, each with the process that holds the lock. */
  abstract lockHolders(paths: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** The TCP ports of this machine on which a process listens. */
  abstract listeningPorts(pid: number): Promise<readonly number[]>;
}
