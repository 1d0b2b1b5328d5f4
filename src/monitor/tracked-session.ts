import type { Agent } from '../core/ports/agent.js';
import type { SessionView } from '../core/session.js';

/** What one look at a session's records met. `trouble`: what a person should hear of. */
export type Advance = Readonly<
  | { kind: 'read'; bytes: number; trouble?: string }
  | { kind: 'missing' }
  | { kind: 'unreadable'; trouble: string }
>;

/** One session being followed: where the reading stands and what its records said so far. */
export interface TrackedSession {
  readonly id: string;
  readonly agent: Agent;
  readonly home: string;
  /** The file its records lie in. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** True once its records have been read. */
  readonly isKnown: boolean;
  view(): SessionView;
  /** Reads what is new. One call at a time. */
  advance(): Promise<Advance>;
}

/** Where the sessions of one home come from. */
export interface SessionSource {
  /** Looks for what is new or changed since the last look: the sessions to read, the newest first. */
  scan(): Promise<readonly TrackedSession[]>;
  /** All there are, read or only listed. */
  sessions(): Iterable<TrackedSession>;
  /** Drops a session whose records are gone. */
  forget(id: string): void;
  close(): void;
}
