import type { Agent, HomeLayout } from '../core/ports/agent.js';
import type { ProcessHost } from '../core/ports/process-host.js';
import type { Liveness, SessionView } from '../core/session.js';
import type { Signal } from '../core/signal.js';
import { newHolderWatch, type HolderWatch } from './holder-watch.js';
import type { LogFeed } from './log-feed.js';
import type { ServerFeed } from './server-feed.js';
import type { SessionSource, TrackedSession } from './tracked-session.js';

/** One home of one agent: where its sessions come from, and who holds them. */
export class Home {
  readonly holders: HolderWatch;

  constructor(
    readonly agent: Agent,
    readonly layout: HomeLayout,
    readonly source: SessionSource,
    private readonly feeds: Readonly<{ log: LogFeed | undefined; server: ServerFeed | undefined }>,
    private readonly processes: ProcessHost,
    onHolders: (ids: readonly string[]) => void,
  ) {
    this.holders = newHolderWatch(agent, layout, processes, onHolders);
  }

  /** Follows what the agent says besides its records. */
  async listen(): Promise<void> {
    await this.feeds.log?.start();
    await this.feeds.server?.refresh(this.holders.ownProcesses);
  }

  /** Looks whether the holders still live, and whether there is a server to listen to. */
  async look(): Promise<void> {
    await this.holders.look();
    await this.feeds.server?.refresh(this.holders.ownProcesses);
  }

  /** What a process that holds one of its sessions was started with, as far as a resume needs it. */
  argsOf(pid: number): readonly string[] {
    return this.agent.keptArgs(this.processes.argvOf(pid) ?? []);
  }

  close(): void {
    this.source.close();
    this.holders.close();
    this.feeds.log?.close();
    this.feeds.server?.close();
  }
}

/** What the registry keeps of one session. */
export type Entry = {
  readonly session: TrackedSession;
  readonly home: Home;
  /** The process that was seen to hold it last, and what it was started with. */
  holder?: Readonly<{ pid: number; args: readonly string[] }>;
  /** Since when no process holds its unfinished turn; a crash is called only after a second look. */
  goneSinceMs?: number | undefined;
  /** The turn whose last message a headless process was seen to be at work on. */
  outlivedTurn?: string | undefined;
  /** Since when it waits for a person. */
  asksSinceMs?: number | undefined;
  /** Whether a process held it when it was judged last. */
  judgedAs?: Liveness;
  /** The newest of the live signals. */
  live?: Signal | undefined;
  /** The stop last published, so that each is published once. */
  published?: string | undefined;
  /** The record whose unknown words were last told of. */
  wordingToldOf?: string | undefined;
  trouble?: string | undefined;
};

/** A turn under way, or one of which nothing tells yet that it is over: a process has to be there for either. */
export function isUnfinished(entry: Entry): boolean {
  const { session, published } = entry;
  const { kind } = session.view().turn;
  const isOver = kind === 'none' || (kind !== 'open' && published !== undefined);
  return session.isKnown && !isOver && !isSubagent(entry);
}

/** A session of that id in two homes is the one used last. */
export function isSameOrNewer(entry: Entry, home: Home, session: TrackedSession): boolean {
  if (entry.home === home) return entry.session === session;
  return entry.session.modifiedMs >= session.modifiedMs;
}

export function isSubagent({ session }: Entry): boolean {
  return session.view().isSubagent === true;
}

/** Its process has work to do, or is there still. */
export function isHeld(entry: Entry): boolean {
  return isUnfinished(entry) || entry.judgedAs === 'alive';
}

/** Held otherwise than when it was judged, held up by what may be settled by now, or over by its records alone. */
export function isDoubtful(entry: Entry): boolean {
  const { home, session, judgedAs, live, published } = entry;
  const { liveness, asks } = home.holders.holdingOf(heldBy(session));
  if (liveness !== judgedAs) return true;
  const isHeldUp = asks !== undefined || live?.kind === 'asks' || live?.kind === 'waits';
  const isOver = session.view().turn.kind !== 'open';
  return isUnfinished(entry) && (isOver || (isHeldUp && published === undefined));
}

export function heldBy(session: TrackedSession): { id: string; home: string; view: SessionView } {
  return { id: session.id, home: session.home, view: session.view() };
}
