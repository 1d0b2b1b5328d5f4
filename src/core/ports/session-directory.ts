import type { LaunchContract, SessionSnapshot } from '../session.js';
import type { Signal } from '../signal.js';

/** What the monitor knows, for those who decide and those who show. */
export abstract class SessionDirectory {
  abstract find(id: string): SessionSnapshot | undefined;
  /** Reads whatever is new on disk first: for decisions that must rest on the latest facts. */
  abstract refresh(id: string): Promise<SessionSnapshot | undefined>;
  abstract list(): readonly SessionSnapshot[];
  /** Announces a session that is about to be started, so that it can be asked for before its file exists. */
  abstract expect(agent: string, id: string, contract: LaunchContract): void;
  /** Takes in what live sources say; what is said of sessions nobody knows is dropped. */
  abstract signal(signals: readonly Signal[]): void;
  /** Resolves when all sessions on disk are listed; reading them goes on, the newest first. */
  abstract whenReady(): Promise<void>;
  /** Resolves when all of them that are not just listed have been read once. */
  abstract whenCaughtUp(): Promise<void>;
}
