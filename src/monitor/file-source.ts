import type { Agent, FileSessions } from '../core/ports/agent.js';
import type { EpochMs } from '../core/stop.js';
import { firstLineOf } from '../platform/first-line.js';
import { FolderWatch } from '../platform/folder-watch.js';
import type { TailOptions } from '../platform/line-tail.js';
import { statOf } from '../platform/stat-of.js';
import { FileSession } from './file-session.js';
import type { SessionSource } from './tracked-session.js';

/** How many files are looked at between two turns of the event loop. */
const BATCH = 256;
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
  readonly #idByPath = new Map<string, string>();
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
    const listed = isSweep ? await this.#watch.scan() : await this.#watch.scanChanged();
    const sized = new Map<FileSession, Sized>();
    const pace = newPace();
    for (const path of listed) {
      await pace();
      const info = sizeOf(path);
      const session = info && (await this.#sessionOf(path, info.modifiedMs));
      if (session) sized.set(session, info);
    }
    for (const session of this.#byId.values()) {
      if (!session.isKnown || sized.has(session)) continue;
      await pace();
      sized.set(session, sizeOf(session.path) ?? GONE);
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
    if (path !== undefined) this.#idByPath.delete(path);
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
    const session = await this.#sessionOf(path);
    if (session !== undefined) this.options.onChange(session);
  }

  /** The session a file belongs to; of several files of one session the newest counts. */
  async #sessionOf(path: string, modifiedMs?: EpochMs): Promise<FileSession | undefined> {
    const id = this.#idByPath.get(path) ?? (await this.#identify(path));
    if (id === undefined) return undefined;
    this.#idByPath.set(path, id);
    const known = this.#byId.get(id);
    if (known === undefined) return this.#add(id, path);
    if (known.path === path) return known;
    if ((modifiedMs ?? sizeOf(path)?.modifiedMs ?? 0) <= known.modifiedMs) return undefined;
    known.moveTo(path);
    return known;
  }

  async #identify(path: string): Promise<string | undefined> {
    const owner = this.agent.ownerOf(path);
    if (owner !== 'see-first-line') return owner?.sessionId;
    const line = await firstLineOf(path);
    return line === undefined ? undefined : this.agent.sessionIdIn(line);
  }

  #add(id: string, path: string): FileSession {
    const session = new FileSession(id, this.agent, this.home, path, this.options.tail);
    this.#byId.set(id, session);
    return session;
  }
}

type Sized = Readonly<{ sizeBytes: number; modifiedMs: EpochMs }>;

/** Unlike what any file is: so it is read, which tells that it is gone. */
const GONE: Sized = { sizeBytes: -1, modifiedMs: 0 };

function sizeOf(path: string): Sized | undefined {
  const info = statOf(path);
  return info && { sizeBytes: info.size, modifiedMs: info.mtimeMs };
}

/** Lets others have their turn of the event loop after every so many calls. */
function newPace(): () => Promise<void> | undefined {
  let count = 0;
  return () => {
    count += 1;
    return count % BATCH === 0 ? new Promise((resolve) => setImmediate(resolve)) : undefined;
  };
}
