import { closeSync, constants, fstatSync, openSync, read, readSync } from 'node:fs';
import { promisify } from 'node:util';
import { errnoOf } from './errno.js';

const readAsync = promisify(read);

export type TailOptions = Readonly<{
  /** How much of the end is read when a file is met for the first time, in bytes. */
  tailBytes: number;
  /** A longer line is passed over and counted. */
  maxLineBytes: number;
}>;

/** What one read found. `restarted`: the file was replaced or cut and has to be read anew, with a new tail. */
export type TailRead = Readonly<
  | {
      kind: 'read';
      restarted: boolean;
      bytes: number;
      sizeBytes: number;
      modifiedMs: number;
      skippedLines: number;
    }
  | { kind: 'missing' }
  | { kind: 'unreadable'; code: string }
>;

const CHUNK_BYTES = 256 * 1024;
const NEWLINE = 0x0a;
/** Room for chunks that nobody reads into now: as much as was ever needed at the same time. */
const FREE: Buffer[] = [];

/**
 * Reads a growing file of lines from where it left off: only new bytes, only whole lines. Met for the first
 * time, it starts `tailBytes` before the end, at the first whole line. Not re-entrant: one read at a time.
 */
export class LineTail {
  #offset: number | undefined;
  #identity = '';
  #carry: Buffer[] = [];
  #carryBytes = 0;
  #skipping = false;
  #skippedLines = 0;

  constructor(
    readonly path: string,
    private readonly options: TailOptions,
  ) {}

  /** True where the first read began behind the start of the file. */
  startedInside = false;

  /** Where the file was replaced or cut, it reads nothing and says so: what was folded before is void. */
  async read(onLine: (line: string) => void): Promise<TailRead> {
    let fd: number;
    try {
      // A pipe that took the file's place would keep the call waiting for a writer.
      fd = openSync(this.path, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (error) {
      const code = errnoOf(error);
      return code === 'ENOENT' ? { kind: 'missing' } : { kind: 'unreadable', code };
    }
    try {
      return await this.#readFrom(fd, onLine);
    } catch (error) {
      return { kind: 'unreadable', code: errnoOf(error) };
    } finally {
      closeSync(fd);
    }
  }

  async #readFrom(fd: number, onLine: (line: string) => void): Promise<TailRead> {
    const { size, dev, ino, mtimeMs } = fstatSync(fd);
    const isFollowed = this.#offset !== undefined;
    const restarted = !this.#locate(`${dev}:${ino}`, size);
    this.#skippedLines = 0;
    const bytes = restarted ? 0 : await this.#drain(fd, size, isFollowed, onLine);
    return {
      kind: 'read',
      restarted,
      bytes,
      sizeBytes: size,
      modifiedMs: mtimeMs,
      skippedLines: this.#skippedLines,
    };
  }

  /** Places the offset at first; false when it is void because the file was replaced or cut since. */
  #locate(identity: string, size: number): boolean {
    if (this.#offset !== undefined) return identity === this.#identity && size >= this.#offset;
    this.#identity = identity;
    this.#offset = Math.max(0, size - this.options.tailBytes);
    this.startedInside = this.#offset > 0;
    this.#skipping = this.startedInside;
    return true;
  }

  async #drain(
    fd: number,
    size: number,
    isFollowed: boolean,
    onLine: (line: string) => void,
  ): Promise<number> {
    const start = this.#offset ?? 0;
    // What was written a moment ago lies in memory: a little of it is read faster than somebody is asked to read it.
    const isAtHand = isFollowed && size - start <= CHUNK_BYTES;
    const chunk = FREE.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
    let offset = start;
    while (offset < size) {
      const length = Math.min(CHUNK_BYTES, size - offset);
      const bytesRead = isAtHand
        ? readSync(fd, chunk, 0, length, offset)
        : (await readAsync(fd, chunk, 0, length, offset)).bytesRead;
      if (bytesRead === 0) break;
      this.#split(chunk.subarray(0, bytesRead), onLine);
      offset += bytesRead;
      this.#offset = offset;
    }
    FREE.push(chunk);
    return offset - start;
  }

  #split(chunk: Buffer, onLine: (line: string) => void): void {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      this.#finish(chunk.subarray(from, at), onLine);
      from = at + 1;
    }
    this.#keep(chunk.subarray(from));
  }

  #finish(end: Buffer, onLine: (line: string) => void): void {
    if (this.#skipping) {
      this.#skipping = false;
    } else if (this.#carryBytes + end.length > this.options.maxLineBytes) {
      this.#skippedLines += 1;
    } else {
      const line = this.#carryBytes === 0 ? end : Buffer.concat([...this.#carry, end]);
      if (line.length > 0) onLine(line.toString('utf8'));
    }
    this.#carry = [];
    this.#carryBytes = 0;
  }

  #keep(rest: Buffer): void {
    if (this.#skipping || rest.length === 0) return;
    // The chunk around it is not kept for it, and may be read into again.
    this.#carry.push(Buffer.from(rest));
    this.#carryBytes += rest.length;
    if (this.#carryBytes <= this.options.maxLineBytes) return;
    this.#carry = [];
    this.#carryBytes = 0;
    this.#skipping = true;
    this.#skippedLines += 1;
  }
}
