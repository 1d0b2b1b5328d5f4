import { statSync, watch, type FSWatcher } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export type FolderWatchOptions = Readonly<{
  /** 0: files directly in the folder; 1: files in its subfolders. */
  depth: number;
  onFile: (path: string) => void;
}>;

/**
 * Reports every file that appears, changes or goes in a folder of known depth, one system watch per folder
 * rather than per file. A folder that does not exist yet is waited for through its nearest existing parent.
 * The system may drop events: call `scan` now and then.
 */
export class FolderWatch {
  readonly #watched = new Map<string, { watcher: FSWatcher; inode: number }>();
  #closed = false;

  constructor(
    readonly root: string,
    private readonly options: FolderWatchOptions,
  ) {}

  /** Lists all files once and watches whatever folder is not watched yet. Never rejects. */
  async scan(): Promise<readonly string[]> {
    return this.#scanFolder(this.root, this.options.depth);
  }

  close(): void {
    this.#closed = true;
    for (const folder of [...this.#watched.keys()]) this.#drop(folder);
  }

  async #scanFolder(folder: string, depth: number): Promise<readonly string[]> {
    // Watched before it is listed, or a file that comes in between would go unseen.
    const watched = this.#watch(folder, (name) => this.#onChange(folder, depth, name));
    if (!watched && folder === this.root) this.#awaitRoot();
    const entries = watched ? await readdir(folder, { withFileTypes: true }).catch(() => []) : [];
    if (depth === 0)
      return entries.filter((entry) => !entry.isDirectory()).map(({ name }) => join(folder, name));
    const inner = entries.filter((entry) => entry.isDirectory());
    return (
      await Promise.all(inner.map(({ name }) => this.#scanFolder(join(folder, name), depth - 1)))
    ).flat();
  }

  #onChange(folder: string, depth: number, name: string): void {
    const path = join(folder, name);
    if (depth === 0) this.options.onFile(path);
    else void this.#scanFolder(path, depth - 1).then((files) => files.forEach(this.options.onFile));
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
    const info = statSync(folder, { throwIfNoEntry: false });
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
