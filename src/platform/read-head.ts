import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { errnoOf } from './errno.js';

/** `isWhole`: there is no more of the file than this. */
export type HeadRead = Readonly<
  | { kind: 'read'; bytes: Buffer; isWhole: boolean }
  | { kind: 'missing' }
  | { kind: 'unreadable'; code: string }
>;

/** The start of a file, at most `maxBytes` of it. Never rejects. */
export async function readHead(path: string, maxBytes: number): Promise<HeadRead> {
  let file: FileHandle;
  try {
    // A pipe that took the file's place would keep the call waiting for a writer.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const code = errnoOf(error);
    return code === 'ENOENT' ? { kind: 'missing' } : { kind: 'unreadable', code };
  }
  try {
    return await readFrom(file, maxBytes);
  } catch (error) {
    return { kind: 'unreadable', code: errnoOf(error) };
  } finally {
    await file.close();
  }
}

async function readFrom(file: FileHandle, maxBytes: number): Promise<HeadRead> {
  const { size } = await file.stat();
  const head = Buffer.alloc(Math.min(size, maxBytes));
  let filled = 0;
  while (filled < head.length) {
    const { bytesRead } = await file.read(head, filled, head.length - filled, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return { kind: 'read', bytes: head.subarray(0, filled), isWhole: size <= maxBytes };
}
