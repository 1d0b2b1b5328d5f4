import type { LaunchContract, ProcessClaim, SessionView } from '../session.js';
import type { RunOutcome } from '../run.js';
import type { Command, ProcessExit } from './process-host.js';

/** A folder of one agent home and how deep its files lie below it (0: directly inside). */
export type WatchedFolder = Readonly<{ path: string; depth: number }>;

/** Where one home keeps its sessions, and the claims of the processes that hold them. */
export type HomeLayout = Readonly<{ home: string; transcripts: WatchedFolder; claims: WatchedFolder }>;

/** Folds the records of one session, in order, into what they say. It keeps no text of them. */
export abstract class TranscriptFold {
  /** One line of the file. A line it does not understand changes nothing. */
  abstract accept(line: string): void;
  abstract view(): SessionView;
  /** False while records before the ones seen may still hold something a resume needs. */
  abstract isSufficient(): boolean;
}

/** Folds the structured output of one of our runs. */
export abstract class RunFold {
  abstract accept(line: string): void;
  /** How it ended, given the process's exit and the end of its stderr. */
  abstract outcome(exit: ProcessExit, stderrTail: string): RunOutcome;
}

/** An agent adapter: it describes and translates. It reads no file and starts no process. */
export abstract class Agent {
  abstract readonly id: string;
  /** The homes to look at, from the settings. */
  abstract homes(): readonly HomeLayout[];
  /** The session a transcript path belongs to, or undefined for any other file. */
  abstract sessionIdOf(path: string): string | undefined;
  abstract newTranscript(path: string): TranscriptFold;
  /** What a claim file says, or undefined where it is no claim. */
  abstract claimOf(text: string): ProcessClaim | undefined;
  abstract newRun(): RunFold;
  /** The command that starts a session under an id of our choice. */
  abstract launch(sessionId: string, contract: LaunchContract, prompt: string): Command;
  /** The command that goes on with a session, its contract kept. */
  abstract resume(sessionId: string, contract: LaunchContract, prompt: string): Command;
}
