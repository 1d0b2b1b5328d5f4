import { watch, type FSWatcher } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Logger } from '@nestjs/common';
import { errnoOf } from './errno.js';
import { statOf } from './stat-of.js';

export type FolderWatchOptions = Readonly<{
  /** 0: files directly in the folder; 1: files in its subfolders. */
  depth: number;
  onFile: (path: string) => void;
}>;

/** A folder that changed so shortly before it was listed may change once more within the same tick of its time. */
const SETTLED_MS = 2000;

type Watched = {
  /** None where the system has no watch left: then the folder is listed at each look. */
  readonly watcher: FSWatcher | undefined;
  readonly inode: number;
  /** The folder's own time of change when it was last listed. */
  listedMs?: number;
};

/**
 * Reports every file that appears, changes or goes in a folder of known depth, one system watch per folder
 * rather than per file. A folder that does not exist yet is waited for through its nearest existing parent.
 * The system may drop events, or have no watch left for a folder: call `scanChanged` now and then.
 */
export class FolderWatch {
  readonly #log = new Logger('Watch');
  #isTold = false;
  readonly #watched = new Map<string, Watched>();
  #closed = false;

  constructor(
    readonly root: string,
    private readonly options: FolderWatchOptions,
  ) {}

  /** Lists all files once and watches whatever folder is not watched yet. Never rejects. */
  async scan(): Promise<readonly string[]> {
    return this.#scanFolder(this.root, this.options.depth, true);
  }

  /** Lists the files of folders in which something was added, removed or renamed since they were last listed. */
  async scanChanged(): Promise<readonly string[]> {
    return this.#scanFolder(this.root, this.options.depth, false);
  }

  close(): void {
    this.#closed = true;
    for (const folder of [...this.#watched.keys()]) this.#drop(folder);
  }

  async #scanFolder(folder: string, depth: number, all: boolean): Promise<readonly string[]> {
    // Watched before it is listed, or a file that comes in between would go unseen.
    const exists = this.#watch(folder, (name) => this.#onChange(folder, depth, name));
    if (!exists && folder === this.root) this.#awaitRoot();
    if (!exists) return [];
    if (depth === 0) return all || this.#hasChanged(folder) ? this.#list(folder, depth) : [];
    const inner = await this.#list(folder, depth);
    return (await Promise.all(inner.map((path) => this.#scanFolder(path, depth - 1, all)))).flat();
  }

  /** The files in a folder at depth 0, its subfolders above that. */
  async #list(folder: string, depth: number): Promise<readonly string[]> {
    const known = this.#watched.get(folder);
    const changedMs = statOf(folder)?.mtimeMs;
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    if (known !== undefined && changedMs !== undefined && Date.now() - changedMs > SETTLED_MS)
      known.listedMs = changedMs;
    return entries.filter((entry) => entry.isDirectory() === depth > 0).map(({ name }) => join(folder, name));
  }

  #hasChanged(folder: string): boolean {
    const known = this.#watched.get(folder);
    return known?.watcher === undefined || known.listedMs !== statOf(folder)?.mtimeMs;
  }

  #onChange(folder: string, depth: number, name: string): void {
    const path = join(folder, name);
    if (depth === 0) this.options.onFile(path);
    else void this.#scanFolder(path, depth - 1, true).then((files) => files.forEach(this.options.onFile));
  }

  /** Watches the nearest parent that exists until the root appears. */
  #awaitRoot(): void {
    for (let parent = dirname(this.root); parent !== dirname(parent); parent = dirname(parent)) {
      const exists = this.#watch(parent, () => {
        this.#drop(parent);
        void this.scan().then((files) => files.forEach(this.options.onFile));
      });
      if (exists) return;
    }
  }

  /** True when there is that folder; then it is watched if it can be. One deleted and made anew is another folder. */
  #watch(folder: string, onName: (name: string) => void): boolean {
    if (this.#closed) return true;
    const info = statOf(folder);
    const known = this.#watched.get(folder);
    if (known?.watcher !== undefined && known.inode === info?.ino) return true;
    this.#drop(folder);
    if (info?.isDirectory() !== true) return false;
    this.#watched.set(folder, { watcher: this.#newWatcher(folder, onName), inode: info.ino });
    return true;
  }

  #newWatcher(folder: string, onName: (name: string) => void): FSWatcher | undefined {
    try {
      const watcher = watch(folder, (_event, name) => {
        if (name !== null) onName(name);
      });
      return watcher.on('error', () => this.#drop(folder));
    } catch (error) {
      this.#tell(folder, errnoOf(error));
      return undefined;
    }
  }

  /** Once: there can be thousands. */
  #tell(folder: string, code: string): void {
    if (this.#isTold || code === 'ENOENT') return;
    this.#isTold = true;
    const advice = code === 'ENOSPC' ? '; raise fs.inotify.max_user_watches' : '';
    this.#log.warn(
      `${folder} cannot be watched (${code}): what changes there is seen later, at the next look${advice}`,
    );
  }

  #drop(folder: string): void {
    this.#watched.get(folder)?.watcher?.close();
    this.#watched.delete(folder);
  }
}
