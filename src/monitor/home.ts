import type { Agent, HomeLayout } from '../core/ports/agent.js';
import type { ProcessHost } from '../core/ports/process-host.js';
import type { Liveness } from '../core/session.js';
import type { Signal } from '../core/signal.js';
import { newHolderWatch, type HolderWatch } from './holder-watch.js';
import type { LogFeed } from './log-feed.js';
import type { SessionSource, TrackedSession } from './tracked-session.js';

/** One home of one agent: where its sessions come from, and who holds them. */
export class Home {
  readonly holders: HolderWatch;

  constructor(
    readonly agent: Agent,
    readonly layout: HomeLayout,
    readonly source: SessionSource,
    private readonly log: LogFeed | undefined,
    processes: ProcessHost,
    onHolders: (ids: readonly string[]) => void,
  ) {
    this.holders = newHolderWatch(agent, layout, processes, onHolders);
  }

  /** Follows what the agent says besides its records. */
  async listen(): Promise<void> {
    await this.log?.start();
  }

  close(): void {
    this.source.close();
    this.holders.close();
    this.log?.close();
  }
}

/** What the registry keeps of one session. */
export type Entry = {
  readonly session: TrackedSession;
  readonly home: Home;
  /** Since when no process holds its unfinished turn; a crash is called only after a second look. */
  goneSinceMs?: number | undefined;
  /** Since when it waits for a person. */
  asksSinceMs?: number | undefined;
  /** Whether a process held it when it was judged last. */
  judgedAs?: Liveness;
  /** The newest of the live signals. */
  live?: Signal | undefined;
  /** The stop last published, so that each is published once. */
  published?: string | undefined;
  trouble?: string | undefined;
};
