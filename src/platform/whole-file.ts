import { lstat, mkdir, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { errnoOf } from './errno.js';

/** What a file holds; undefined where there is none. Throws for a link that leads nowhere, as for any other trouble. */
export async function readWhole(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    const isMissing = errnoOf(error) === 'ENOENT' && (await lstat(path).catch(() => undefined)) === undefined;
    if (!isMissing) throw error;
    return undefined;
  }
}

/** Puts these bytes in the place of a file at once, or none of them. What a link leads to is replaced; its mode is kept. */
export async function replaceWhole(path: string, bytes: Buffer, modeIfNew: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const isThere = (await stat(path).catch(() => undefined)) !== undefined;
  await writeFileAtomic(path, bytes, isThere ? {} : { mode: modeIfNew });
}

export async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}
