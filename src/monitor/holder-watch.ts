import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Agent, HomeLayout, WatchedFolder } from '../core/ports/agent.js';
import type { ProcessHost, ProcessInfo } from '../core/ports/process-host.js';
import type { Holding, SessionView } from '../core/session.js';
import { FolderWatch } from '../platform/folder-watch.js';
import { ClaimTable } from './claim-table.js';
import { Mailboxes } from './mailboxes.js';

type Held = Readonly<{ id: string; home: string; view: SessionView }>;

/** Tells which process holds which session of a home. */
export interface HolderWatch {
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
  { holders }: HomeLayout,
  processes: ProcessHost,
  onChange: (ids: readonly string[]) => void,
): HolderWatch {
  switch (holders.kind) {
    case 'claims':
      return new ClaimHolders(agent, holders.folder, processes, onChange);
    case 'locks':
      return new LockHolders(agent, holders.folder, processes, onChange);
    case 'processes':
      return new ProcessHolders(agent, processes);
  }
}

/** Files in which processes say what they hold. */
class ClaimHolders implements HolderWatch {
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
  readonly #watch: FolderWatch;
  /** However many locks come and go meanwhile, they are looked at once more. */
  readonly #refreshes = new Mailboxes(1);
  #holdings: ReadonlyMap<string, Holding> = new Map();

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

  refresh(): Promise<void> {
    return this.#refreshes.post(this.folder, () => this.#refresh());
  }

  async look(): Promise<void> {
    const pids = [...this.#holdings.values()].map(({ pid }) => pid);
    if (isOneGone(pids, this.processes)) await this.refresh();
  }

  /** Without a lock file nothing is known: an older version may lock nothing. */
  holdingOf({ id }: Held): Holding {
    return this.#holdings.get(id) ?? { liveness: 'unknown' };
  }

  close(): void {
    this.#watch.close();
  }

  async #refresh(): Promise<void> {
    await this.#watch.scanChanged();
    const names = await readdir(this.folder).catch(() => []);
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
    private readonly processes: ProcessHost,
  ) {}

  async refresh(): Promise<void> {
    const all = await this.processes.list();
    this.#processes = all.filter((process) => this.agent.isOwn(process));
  }

  async look(): Promise<void> {
    const pids = (this.#processes ?? []).map(({ pid }) => pid);
    if (isOneGone(pids, this.processes)) await this.refresh();
  }

  holdingOf(session: Held): Holding {
    if (this.#processes === undefined) return { liveness: 'unknown' };
    const holder = this.#processes.find((process) => this.agent.holds(process, session));
    return holder === undefined ? { liveness: 'absent' } : { liveness: 'alive', pid: holder.pid };
  }

  close(): void {
    this.#processes = undefined;
  }
}

/** A pid that another process got since the last full look is found out by the next one. */
function isOneGone(pids: readonly (number | undefined)[], processes: ProcessHost): boolean {
  return [...new Set(pids)].some((pid) => pid !== undefined && !processes.isAlive({ pid }));
}
