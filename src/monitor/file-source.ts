import type { Agent, FileSessions } from '../core/ports/agent.js';
import type { EpochMs } from '../core/stop.js';
import { firstLineOf } from '../platform/first-line.js';
import { FolderWatch } from '../platform/folder-watch.js';
import type { TailOptions } from '../platform/line-tail.js';
import { statOf } from '../platform/stat-of.js';
import { FileSession } from './file-session.js';
import type { SessionSource } from './tracked-session.js';

/** How many files are looked at between two turns of the event loop, at the same time where they have to be opened. */
const BATCH = 16;
/** Every so many looks files are looked at, too, that seem to sleep: the system may have dropped an event. */
const SWEEP_EVERY = 20;

export type FileSourceOptions = Readonly<{
  tail: () => TailOptions;
  /** Files untouched since are only listed. */
  listOnlyBeforeMs: () => EpochMs;
  onChange: (session: FileSession) => void;
}>;

/** The sessions of a home that are files of lines. */
export class FileSource implements SessionSource {
  readonly #watch: FolderWatch;
  readonly #byId = new Map<string, FileSession>();
  /** The session of each file whose name does not tell. */
  readonly #seenIds = new Map<string, string>();
  #scans = 0;

  constructor(
    private readonly agent: Agent,
    private readonly home: string,
    { folder }: FileSessions,
    private readonly options: FileSourceOptions,
  ) {
    this.#watch = new FolderWatch(folder.path, {
      depth: folder.depth,
      onFile: (path) => void this.#onFile(path),
    });
  }

  async scan(): Promise<readonly FileSession[]> {
    const isSweep = this.#scans % SWEEP_EVERY === 0;
    this.#scans += 1;
    const sized = await this.#listed(isSweep ? await this.#watch.scan() : await this.#watch.scanChanged());
    const known = [...this.#byId.values()].filter((session) => session.isKnown && !sized.has(session));
    for (const batch of batchesOf(known)) {
      for (const session of batch) sized.set(session, sizeOf(session.path) ?? GONE);
      await nextTurn();
    }
    return this.#unread(sized);
  }

  sessions(): Iterable<FileSession> {
    return this.#byId.values();
  }

  close(): void {
    this.#watch.close();
  }

  forget(id: string): void {
    const path = this.#byId.get(id)?.path;
    this.#byId.delete(id);
    if (path !== undefined) this.#seenIds.delete(path);
  }

  /** The sessions of these files, with the newest file of each. */
  async #listed(paths: readonly string[]): Promise<Map<FileSession, Sized>> {
    const newest = new Map<string, File>();
    for (const batch of batchesOf(paths)) {
      for (const file of await Promise.all(batch.map((path) => this.#look(path))))
        if (file !== undefined && file.modifiedMs > (newest.get(file.id)?.modifiedMs ?? -1))
          newest.set(file.id, file);
      await nextTurn();
    }
    const sized = new Map<FileSession, Sized>();
    for (const file of newest.values()) {
      const session = this.#sessionOf(file.id, file.path, file.modifiedMs);
      if (session !== undefined) sized.set(session, file);
    }
    return sized;
  }

  #unread(sized: ReadonlyMap<FileSession, Sized>): readonly FileSession[] {
    const listOnlyBeforeMs = this.options.listOnlyBeforeMs();
    const unread: FileSession[] = [];
    for (const [session, { sizeBytes, modifiedMs }] of sized) {
      if (sizeBytes === session.sizeBytes && modifiedMs === session.modifiedMs) continue;
      if (sizeBytes !== GONE.sizeBytes) session.noteFile(sizeBytes, modifiedMs);
      if (session.isKnown || modifiedMs >= listOnlyBeforeMs) unread.push(session);
    }
    return unread.sort((a, b) => b.modifiedMs - a.modifiedMs);
  }

  async #onFile(path: string): Promise<void> {
    const id = await this.#idOf(path);
    const session = id === undefined ? undefined : this.#sessionOf(id, path);
    if (session !== undefined) this.options.onChange(session);
  }

  async #look(path: string): Promise<File | undefined> {
    const info = sizeOf(path);
    if (info === undefined) return undefined;
    const id = await this.#idOf(path);
    return id === undefined ? undefined : { ...info, id, path };
  }

  /** The session a file belongs to; of several files of one session the newest counts. */
  #sessionOf(id: string, path: string, modifiedMs?: EpochMs): FileSession | undefined {
    const known = this.#byId.get(id);
    if (known === undefined) return this.#add(id, path);
    if (known.path === path) return known;
    // Its own file as it is now: in a first listing nothing is noted of it yet.
    const knownMs = sizeOf(known.path)?.modifiedMs ?? 0;
    if ((modifiedMs ?? sizeOf(path)?.modifiedMs ?? 0) <= knownMs) return undefined;
    known.moveTo(path);
    return known;
  }

  async #idOf(path: string): Promise<string | undefined> {
    const owner = this.agent.ownerOf(path);
    if (owner !== 'see-first-line') return owner?.sessionId;
    const seen = this.#seenIds.get(path);
    if (seen !== undefined) return seen;
    const line = await firstLineOf(path);
    const id = line === undefined ? undefined : this.agent.sessionIdIn(line);
    if (id !== undefined) this.#seenIds.set(path, id);
    return id;
  }

  #add(id: string, path: string): FileSession {
    const session = new FileSession(id, this.agent, this.home, path, this.options.tail);
    this.#byId.set(id, session);
    return session;
  }
}

type Sized = Readonly<{ sizeBytes: number; modifiedMs: EpochMs }>;
type File = Sized & Readonly<{ id: string; path: string }>;

/** Unlike what any file is: so it is read, which tells that it is gone. */
const GONE: Sized = { sizeBytes: -1, modifiedMs: 0 };

function sizeOf(path: string): Sized | undefined {
  const info = statOf(path);
  return info && { sizeBytes: info.size, modifiedMs: info.mtimeMs };
}

function* batchesOf<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < all.length; from += BATCH) yield all.slice(from, from + BATCH);
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
