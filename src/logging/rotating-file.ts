import {
  appendFileSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fstatSync,
  openSync,
  renameSync,
  rmSync,
} from 'node:fs';

// Without O_NONBLOCK a named pipe nobody reads would hold the service up.
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;
const OWNER_ONLY = 0o600;

/** A file that begins anew when it is full; the full ones become `<path>.1` (the newest), `<path>.2` and so on. */
export class RotatingFile {
  #fd: number | undefined;
  #sizeBytes = 0;

  constructor(
    readonly path: string,
    private readonly maxBytes: number,
    private readonly keep: number,
  ) {}

  /** Throws what the file system says; the next call tries anew. */
  write(line: string): void {
    const bytes = Buffer.byteLength(line);
    let fd = this.#fd ?? this.#open();
    if (this.#sizeBytes > 0 && this.#sizeBytes + bytes > this.maxBytes) {
      this.#rotate();
      fd = this.#open();
    }
    appendFileSync(fd, line);
    this.#sizeBytes += bytes;
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #open(): number {
    const fd = openSync(this.path, FLAGS, OWNER_ONLY);
    this.#fd = fd;
    const stats = fstatSync(fd);
    if (!stats.isFile()) {
      this.close();
      throw new Error(`${this.path} is not a regular file`);
    }
    fchmodSync(fd, OWNER_ONLY);
    this.#sizeBytes = stats.size;
    return fd;
  }

  #rotate(): void {
    this.close();
    if (this.keep === 0) return rmSync(this.path);
    for (let number = this.keep - 1; number >= 0; number--) {
      const from = this.#numbered(number);
      if (existsSync(from)) renameSync(from, this.#numbered(number + 1));
    }
  }

  #numbered(number: number): string {
    return number === 0 ? this.path : `${this.path}.${number}`;
  }
}
