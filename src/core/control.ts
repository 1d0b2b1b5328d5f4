import type { EpochMs } from './stop.js';

/** Who asked for something: by the API, the command line, or the socket that only this user can open. */
export type Origin = Readonly<{ via: 'api' | 'cli' | 'socket'; address?: string }>;

/** What a person can ask for in a session. */
export const CONTROL_ACTIONS = ['resume', 'new-session', 'skip', 'abort', 'ack'] as const;
export type ControlAction = (typeof CONTROL_ACTIONS)[number];

/** One thing that was asked for, and what came of it. */
export type ControlUse = Readonly<{
  action: ControlAction;
  sessionId: string;
  episodeId?: string;
  origin: Origin;
  /** False where it was refused; `why` says how, or what was done. */
  isDone: boolean;
  why: string;
  atMs: EpochMs;
}>;

/** As people read it: `cli`, or `api 127.0.0.1`. */
export function originWords({ via, address }: Origin): string {
  return address === undefined ? via : `${via} ${address}`;
}
