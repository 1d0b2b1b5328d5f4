import { existsSync, realpathSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Agent, HomeLayout, WatchedFolder } from '../core/ports/agent.js';
import type { ProcessHost, ProcessInfo } from '../core/ports/process-host.js';
import type { Holding, SessionView } from '../core/session.js';
import { FolderWatch } from '../platform/folder-watch.js';
import { ClaimTable } from './claim-table.js';
import { Mailboxes } from './mailboxes.js';

/** Start times are exact to a second, and the clock may have been set since the machine was booted. */
const START_SLACK_MS = 2000;

type Held = Readonly<{ id: string; home: string; view: SessionView }>;

/** Tells which process holds which session of a home. */
export interface HolderWatch {
  /** The agent's own processes, where they are looked at. */
  readonly ownProcesses: readonly ProcessInfo[];
  /** Finds out anew who holds what. */
  refresh(): Promise<void>;
  /** Makes sure that the holders seen so far still live, which costs little; finds out anew where one does not. */
  look(): Promise<void>;
  /** As of the last look. */
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
    this.#claims.retain(this.agent, await this.#watch.scan());
    this.#claims.checkProcesses();
  }

  async look(): Promise<void> {
    this.#claims.checkProcesses();
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
  readonly ownProcesses = [];
  readonly #watch: FolderWatch;
  /** However many locks come and go meanwhile, they are looked at once more. */
  readonly #refreshes = new Mailboxes(1);
  #holdings: ReadonlyMap<string, Holding> = new Map();
  #keepsLocks = false;

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
    return this.#refreshes.post(this.folder, () => this.#refresh());
  }

  async look(): Promise<void> {
    const pids = [...this.#holdings.values()].map(({ pid }) => pid);
    if (isOneGone(pids, this.processes)) await this.refresh();
  }

  /** A clean end takes the lock file away. A turn under way without one is that of an older version, which locks nothing. */
  holdingOf({ id, view }: Held): Holding {
    const isAtRest = this.#keepsLocks && view.turn.kind !== 'open';
    return this.#holdings.get(id) ?? { liveness: isAtRest ? 'absent' : 'unknown' };
  }

  close(): void {
    this.#watch.close();
  }

  async #refresh(): Promise<void> {
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
}

/** Nothing but the processes themselves. */
class ProcessHolders implements HolderWatch {
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
    // Where they cannot be looked at nobody knows who is gone.
    const own = await this.host.list((argv) => this.agent.isOwn(argv)).catch(() => undefined);
    this.#processes = own?.filter(({ pid }) => this.#isOfHome(pid));
  }

  #isOfHome(pid: number): boolean {
    const home = this.agent.homeOf((name) => this.host.envOf(pid, name));
    return home === undefined || realPath(home) === realPath(this.home);
  }

  async look(): Promise<void> {
    const pids = (this.#processes ?? []).map(({ pid }) => pid);
    if (isOneGone(pids, this.host)) await this.refresh();
  }

  holdingOf(session: Held): Holding {
    if (this.#processes === undefined) return { liveness: 'unknown' };
    const holder = this.#processes.find(
      (process) => mayKnow(process, session) && this.agent.holds(process, session),
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

/** A pid that another process got since the last full look is found out by the next one. */
function isOneGone(pids: readonly (number | undefined)[], processes: ProcessHost): boolean {
  return [...new Set(pids)].some((pid) => pid !== undefined && !processes.isAlive({ pid }));
}
