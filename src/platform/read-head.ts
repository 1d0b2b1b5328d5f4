import { closeSync, constants, fstatSync, openSync, read } from 'node:fs';
import { promisify } from 'node:util';
import { errnoOf } from './errno.js';

const readAsync = promisify(read);

/** `isWhole`: there is no more of the file than this. */
export type HeadRead = Readonly<
  | { kind: 'read'; bytes: Buffer; isWhole: boolean }
  | { kind: 'missing' }
  | { kind: 'unreadable'; code: string }
>;

/** The start of a file, at most `maxBytes` of it. Never rejects. */
export async function readHead(path: string, maxBytes: number): Promise<HeadRead> {
  let fd: number;
  try {
    // A pipe that took the file's place would keep the call waiting for a writer.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const code = errnoOf(error);
    return code === 'ENOENT' ? { kind: 'missing' } : { kind: 'unreadable', code };
  }
  try {
    return await readFrom(fd, maxBytes);
  } catch (error) {
    return { kind: 'unreadable', code: errnoOf(error) };
  } finally {
    closeSync(fd);
  }
}

async function readFrom(fd: number, maxBytes: number): Promise<HeadRead> {
  const { size } = fstatSync(fd);
  const head = Buffer.alloc(Math.min(size, maxBytes));
  let filled = 0;
  while (filled < head.length) {
    const { bytesRead } = await readAsync(fd, head, filled, head.length - filled, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return { kind: 'read', bytes: head.subarray(0, filled), isWhole: size <= maxBytes };
}
