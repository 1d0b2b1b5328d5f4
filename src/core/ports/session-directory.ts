import type { LaunchContract, SessionSnapshot } from '../session.js';

/** What the monitor knows, for those who decide and those who show. */
export abstract class SessionDirectory {
  abstract find(id: string): SessionSnapshot | undefined;
  /** Reads whatever is new on disk first: for decisions that must rest on the latest facts. */
  abstract refresh(id: string): Promise<SessionSnapshot | undefined>;
  abstract list(): readonly SessionSnapshot[];
  /** Announces a session that is about to be started, so that it can be asked for before its file exists. */
  abstract expect(agent: string, id: string, contract: LaunchContract): void;
  /** Resolves when all sessions on disk have been looked at once. */
  abstract whenReady(): Promise<void>;
}
