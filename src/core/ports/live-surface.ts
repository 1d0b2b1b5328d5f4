import type { AccountAnswer } from './account-probe.js';
import type { LaunchContract } from '../session.js';

/** One call of a JSON-RPC server. */
export type RpcCall = Readonly<{ method: string; params: object }>;

/** A process of the agent that runs sessions for others, and takes JSON-RPC over a WebSocket on a local socket. */
export type AgentDaemon = Readonly<{
  socket: string;
  /** Introduces us; answered before anything else is asked. */
  hello: RpcCall;
  /** How a session stands. */
  look: (sessionId: string) => RpcCall;
  /** Whether the answer to `look` says that the daemon has that session and no turn of it is under way. */
  isAtRest: (answer: unknown) => boolean;
  /** What goes on with a session under its contract, one call after the other. */
  tell: (sessionId: string, contract: LaunchContract, prompt: string) => readonly RpcCall[];
  /** How the account stands, without using any of its quota; `meaning` of an answer that does not tell is undefined. */
  quota?: Readonly<{ ask: RpcCall; meaning: (answer: unknown) => AccountAnswer | undefined }>;
}>;

/** How a session that is open in a terminal is told something, by keys. */
export type AgentTerminal = Readonly<{
  /** By its tmux name: closes a dialog, and does no harm where none is open. */
  dialogKey?: string;
  /** What stands before the input, and nowhere after it. */
  promptSign?: string;
  /** What is typed to have a full context made smaller; a prompt that is typed meanwhile is taken up afterwards. */
  compact?: string;
}>;
