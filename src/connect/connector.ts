import { realpath, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PalingenesisError } from '../core/errors.js';
import type { AgentHooks, Connection, Reporter, Texts } from '../core/ports/agent-hooks.js';
import { isFolder, readWhole } from '../platform/whole-file.js';
import { checkUnchanged, isChange, makeChanges, type Change } from './change.js';
import { hashOf, type Original, type Originals } from './originals.js';

/** What there is to do, and what a person should know of it. Nothing is done before `carryOut`. */
export type Plan = Readonly<{
  changes: readonly Change[];
  notes: readonly string[];
  carryOut: () => Promise<void>;
}>;

type File = Readonly<{ home: string; path: string; before: Buffer | undefined; hasFolder: boolean }>;
type Home = Readonly<{ connection: Connection; files: readonly File[]; texts: Texts }>;

/** Has one agent report to the service, in all of its homes, and undoes that. */
export class Connector {
  constructor(
    private readonly hooks: AgentHooks,
    private readonly reporter: Reporter,
    private readonly originals: Originals,
  ) {}

  /** Throws a `PalingenesisError` where there is no such home, or a file cannot be edited. */
  async planConnect(): Promise<Plan> {
    for (const home of this.hooks.homes) if (!(await isFolder(home))) throw noHome(home);
    const kept = await this.originals.all();
    const homes = await Promise.all(this.hooks.homes.map((home) => this.#open(home)));
    const changes = homes.flatMap(({ connection, files, texts }) => {
      const [after, free] = [connection.connect(texts), connection.disconnect(texts)];
      return files.map((file, at) => ({ ...file, after: bytesOf(after[at]), free: bytesOf(free[at]) }));
    });
    const changing = changes.filter(isChange);
    return {
      changes: changing,
      notes: [],
      carryOut: async () => {
        await checkUnchanged(changing);
        await this.originals.keep(changing.map((change) => originalOf(change, kept)));
        await makeChanges(changing);
      },
    };
  }

  /** Throws a `PalingenesisError` where a file that was changed since cannot be edited. */
  async planDisconnect(): Promise<Plan> {
    const kept = await this.originals.all();
    const paths = new Set([...this.hooks.homes, ...kept.map(({ home }) => home)]);
    const homes = await Promise.all([...paths].map((home) => this.#open(home)));
    const changing = homes.flatMap((home) => restored(home, kept)).filter(isChange);
    return {
      changes: changing,
      notes: changing.flatMap(({ path, isRestored }) => (isRestored ? [] : [notRestored(path)])),
      carryOut: async () => {
        await checkUnchanged(changing);
        await makeChanges(changing);
        for (const { path, hadFolder } of kept) if (!hadFolder) await removeIfEmpty(dirname(path));
        await this.originals.forget();
      },
    };
  }

  async #open(home: string): Promise<Home> {
    const realPath = await realpath(home).catch(() => home);
    const connection = this.hooks.connection({ path: home, realPath }, this.reporter);
    const files = await Promise.all(connection.files.map((path) => openFile(home, path)));
    return { connection, files, texts: files.map(textOf) };
  }
}

async function openFile(home: string, path: string): Promise<File> {
  const [before, hasFolder] = await Promise.all([readWhole(path), isFolder(dirname(path))]);
  return { home, path, before, hasFolder };
}

/** What disconnecting is to bring back: what was kept, where only we have changed the file since. */
function originalOf(
  change: File & Change & Readonly<{ free: Buffer | undefined }>,
  kept: readonly Original[],
): Original {
  const { home, path, after, free, hasFolder } = change;
  const before = asWritten(change, kept) ?? { bytes: free, hadFolder: hasFolder };
  return { ...before, home, path, writtenHash: hashOf(after) };
}

/** The original of a file that holds what we have written. */
function asWritten({ path, before }: File, kept: readonly Original[]): Original | undefined {
  return kept.find((each) => each.path === path && each.writtenHash === hashOf(before));
}

function restored(
  { connection, files, texts }: Home,
  kept: readonly Original[],
): (File & Change & { isRestored: boolean })[] {
  const free = connection.disconnect(texts);
  return files.map((file, at) => {
    const original = asWritten(file, kept);
    const isRestored = original !== undefined;
    return { ...file, after: isRestored ? original.bytes : bytesOf(free[at]), isRestored };
  });
}

/** Byte for byte. */
function textOf({ path, before }: File): string | undefined {
  try {
    return before && new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(before);
  } catch {
    throw new PalingenesisError('file-not-editable', `${path} is not UTF-8; nothing was changed`);
  }
}

function bytesOf(text: string | undefined): Buffer | undefined {
  return text === undefined ? undefined : Buffer.from(text);
}

async function removeIfEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch(() => undefined);
}

function noHome(home: string): PalingenesisError {
  const message =
    `there is no folder ${home}: start the agent there once, or say in the settings where it is ` +
    '("palingenesis config show" has them)';
  return new PalingenesisError('not-found', message);
}

function notRestored(path: string): string {
  return `${path} is not as "connect" left it: only what that put in is taken out`;
}
