import { watch, type FSWatcher } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { statOf } from './stat-of.js';

export type FolderWatchOptions = Readonly<{
  /** 0: files directly in the folder; 1: files in its subfolders. */
  depth: number;
  onFile: (path: string) => void;
}>;

/** A folder that changed so shortly before it was listed may change once more within the same tick of its time. */
const SETTLED_MS = 2000;

type Watched = {
  readonly watcher: FSWatcher;
  readonly inode: number;
  /** The folder's own time of change when it was last listed. */
  listedMs?: number;
};

/**
 * Reports every file that appears, changes or goes in a folder of known depth, one system watch per folder
 * rather than per file. A folder that does not exist yet is waited for through its nearest existing parent.
 * The system may drop events: call `scanChanged` now and then.
 */
export class FolderWatch {
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
    const watched = this.#watch(folder, (name) => this.#onChange(folder, depth, name));
    if (!watched && folder === this.root) this.#awaitRoot();
    if (!watched) return [];
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
    return this.#watched.get(folder)?.listedMs !== statOf(folder)?.mtimeMs;
  }

  #onChange(folder: string, depth: number, name: string): void {
    const path = join(folder, name);
    if (depth === 0) this.options.onFile(path);
    else void this.#scanFolder(path, depth - 1, true).then((files) => files.forEach(this.options.onFile));
  }

  /** Watches the nearest parent that exists until the root appears. */
  #awaitRoot(): void {
    for (let parent = dirname(this.root); parent !== dirname(parent); parent = dirname(parent)) {
      const watched = this.#watch(parent, () => {
        this.#drop(parent);
        void this.scan().then((files) => files.forEach(this.options.onFile));
      });
      if (watched) return;
    }
  }

  /** True when that very folder is watched. One that was deleted and made anew is another folder. */
  #watch(folder: string, onName: (name: string) => void): boolean {
    if (this.#closed) return true;
    const info = statOf(folder);
    const known = this.#watched.get(folder);
    if (known !== undefined && known.inode === info?.ino) return true;
    this.#drop(folder);
    if (info?.isDirectory() !== true) return false;
    try {
      const watcher = watch(folder, (_event, name) => {
        if (name !== null) onName(name);
      });
      watcher.on('error', () => this.#drop(folder));
      this.#watched.set(folder, { watcher, inode: info.ino });
      return true;
    } catch {
      return false;
    }
  }

  #drop(folder: string): void {
    this.#watched.get(folder)?.watcher.close();
    this.#watched.delete(folder);
  }
}
