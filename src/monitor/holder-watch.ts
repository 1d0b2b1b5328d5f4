import { existsSync, realpathSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Agent, HomeLayout, WatchedFolder } from '../core/ports/agent.js';
import type { ProcessHost, ProcessInfo } from '../core/ports/process-host.js';
import type { Holding, SessionView } from '../core/session.js';
import { FolderWatch } from '../platform/folder-watch.js';
import { ClaimTable } from './claim-table.js';

/** Start times are exact to a second, and the clock may have been set since the machine was booted. */
const START_SLACK_MS = 2000;

type Held = Readonly<{ id: string; home: string; view: SessionView }>;

/** Tells which process holds which session of a home. */
export interface HolderWatch {
  /** True when a holder that ends is only noticed by looking: then look often while a turn is unfinished. */
  readonly needsLooks: boolean;
  /** The agent's own processes, where they are looked at. */
  readonly ownProcesses: readonly ProcessInfo[];
  /** Looks anew. */
  refresh(): Promise<void>;
  holdingOf(session: Held): Holding;
  close(): void;
}

/** `onChange` is called with sessions whose holder may have changed. */
export function newHolderWatch(
  agent: Agent,
  { home, holders }: HomeLayout,
  processes: ProcessHost,
  onChange: (ids: readonly string[]) => void,
): HolderWatch {
  switch (holders.kind) {
    case 'claims':
      return new ClaimHolders(agent, holders.folder, processes, onChange);
    case 'locks':
      return new LockHolders(agent, holders.folder, processes, onChange);
    case 'processes':
      return new ProcessHolders(agent, processes, home);
  }
}

/** Files in which processes say what they hold. */
class ClaimHolders implements HolderWatch {
  readonly needsLooks = false;
  readonly ownProcesses = [];
  readonly #watch: FolderWatch;
  readonly #claims: ClaimTable;
  /** Where no claims are kept, nobody can tell whether a process is gone. */
  #keepsClaims = false;

  constructor(
    private readonly agent: Agent,
    private readonly folder: WatchedFolder,
    processes: ProcessHost,
    onChange: (ids: readonly string[]) => void,
  ) {
    this.#claims = new ClaimTable(processes);
    this.#watch = new FolderWatch(folder.path, {
      depth: folder.depth,
      onFile: (path) => {
        this.#keepsClaims = true;
        onChange(this.#claims.update(agent, path));
      },
    });
  }

  async refresh(): Promise<void> {
    this.#keepsClaims = existsSync(this.folder.path);
    const paths = await this.#watch.scan();
    this.#claims.retain(paths);
    for (const path of paths) this.#claims.update(this.agent, path);
  }

  holdingOf({ id }: Held): Holding {
    const holding = this.#claims.holdingOf(id);
    return holding.liveness === 'absent' && !this.#keepsClaims ? { liveness: 'unknown' } : holding;
  }

  close(): void {
    this.#watch.close();
  }
}

/** A file per session, locked while a process holds it; a lock that is free outlived its process. */
class LockHolders implements HolderWatch {
  readonly needsLooks = true;
  readonly ownProcesses = [];
  readonly #watch: FolderWatch;
  #holdings: ReadonlyMap<string, Holding> = new Map();
  #keepsLocks = false;
  #looking: Promise<void> = Promise.resolve();

  constructor(
    private readonly agent: Agent,
    private readonly folder: string,
    private readonly processes: ProcessHost,
    onChange: (ids: readonly string[]) => void,
  ) {
    this.#watch = new FolderWatch(folder, {
      depth: 0,
      onFile: (path) => {
        const id = agent.lockedSession(path);
        if (id !== undefined) void this.refresh().then(() => onChange([id]));
      },
    });
  }

  /** One look after the other: an older one must not have the last word. */
  refresh(): Promise<void> {
    this.#looking = this.#looking.catch(() => undefined).then(() => this.#look());
    return this.#looking;
  }

  async #look(): Promise<void> {
    await this.#watch.scanChanged();
    const names = await readdir(this.folder).catch(() => []);
    // Codex never takes the lock away under which the others are made.
    this.#keepsLocks = names.length > 0;
    const paths = names.map((name) => join(this.folder, name));
    const holders = await this.processes.lockHolders(paths);
    this.#holdings = new Map(
      paths.flatMap((path): [string, Holding][] => {
        const id = this.agent.lockedSession(path);
        const pid = holders.get(path);
        if (id === undefined) return [];
        return [[id, pid === undefined ? { liveness: 'dead' } : { liveness: 'alive', pid }]];
      }),
    );
  }

  /** A clean end takes the lock file away. A turn under way without one is that of an older version, which locks nothing. */
  holdingOf({ id, view }: Held): Holding {
    const isAtRest = this.#keepsLocks && view.turn.kind !== 'open';
    const holding = this.#holdings.get(id) ?? { liveness: isAtRest ? 'absent' : 'unknown' };
    const isGone = holding.pid !== undefined && !this.processes.isAlive({ pid: holding.pid });
    return isGone ? { liveness: 'dead' } : holding;
  }

  close(): void {
    this.#watch.close();
  }
}

/** Nothing but the processes themselves. */
class ProcessHolders implements HolderWatch {
  readonly needsLooks = true;
  #processes: readonly ProcessInfo[] | undefined;

  constructor(
    private readonly agent: Agent,
    private readonly host: ProcessHost,
    private readonly home: string,
  ) {}

  get ownProcesses(): readonly ProcessInfo[] {
    return this.#processes ?? [];
  }

  async refresh(): Promise<void> {
    const own = await this.host.list((argv) => this.agent.isOwn(argv));
    this.#processes = own.filter(({ pid }) => this.#isOfHome(pid));
  }

  #isOfHome(pid: number): boolean {
    const home = this.agent.homeOf((name) => this.host.envOf(pid, name));
    return home === undefined || realPath(home) === realPath(this.home);
  }

  holdingOf(session: Held): Holding {
    if (this.#processes === undefined) return { liveness: 'unknown' };
    const holder = this.#processes.find(
      (process) =>
        mayKnow(process, session) && this.agent.holds(process, session) && this.host.isAlive(process),
    );
    if (holder === undefined) return { liveness: 'absent' };
    const headless = this.agent.isHeadless(holder) ? { headless: true as const } : {};
    return { liveness: 'alive', pid: holder.pid, ...headless };
  }

  close(): void {
    this.#processes = undefined;
  }
}

/** A process that was started after the session last changed has not worked on it, unless it was started for it. */
function mayKnow({ argv, startedMs }: ProcessInfo, { id, view }: Held): boolean {
  if (startedMs === undefined || view.lastActivityMs === undefined) return true;
  return startedMs <= view.lastActivityMs + START_SLACK_MS || argv.includes(id);
}

/** The same folder has one such path; one that is not there has none but its own. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
