import type { Agent, TranscriptFold } from '../core/ports/agent.js';
import type { SessionView } from '../core/session.js';
import { readHead } from '../platform/read-head.js';
import { LineTail, type TailOptions, type TailRead } from '../platform/line-tail.js';
import type { Advance, TrackedSession } from './tracked-session.js';

/** How far a first read may reach back when the end alone does not hold what a resume needs. */
const MAX_GROWTH = 64;
const GROWTH = 4;
const HEAD_BYTES = 4096;
const NOTHING_READ: SessionView = { turn: { kind: 'none' } };

/** A session whose records are lines of a file. Until it is read it holds next to nothing. */
export class FileSession implements TrackedSession {
  #tail: LineTail | undefined;
  #fold: TranscriptFold | undefined;
  #path: string;
  sizeBytes = 0;
  modifiedMs = 0;

  constructor(
    readonly id: string,
    readonly agent: Agent,
    readonly home: string,
    path: string,
    private readonly options: () => TailOptions,
  ) {
    this.#path = path;
  }

  get path(): string {
    return this.#path;
  }

  get isKnown(): boolean {
    return this.#fold !== undefined;
  }

  view(): SessionView {
    return this.#fold?.view() ?? NOTHING_READ;
  }

  /** What a listing tells of the file before it is read. */
  noteFile(sizeBytes: number, modifiedMs: number): void {
    this.sizeBytes = sizeBytes;
    this.modifiedMs = modifiedMs;
  }

  /** The session goes on in another file, which is read anew. */
  moveTo(path: string): void {
    this.#path = path;
    this.#tail = undefined;
  }

  async advance(): Promise<Advance> {
    const read = this.#tail === undefined ? await this.#readAnew() : await this.#readOn(this.#tail);
    if (read.kind === 'missing') return read;
    if (read.kind === 'unreadable')
      return { ...read, trouble: `cannot be read (${read.code}); the session is not watched meanwhile` };
    this.noteFile(read.sizeBytes, read.modifiedMs);
    const trouble =
      read.skippedLines === 0
        ? {}
        : { trouble: `${read.skippedLines} lines longer than monitor.max_line_bytes were passed over` };
    return { kind: 'read', bytes: read.bytes, ...trouble };
  }

  /** Reads the end of the file, and more of it while that does not hold what a resume needs. */
  async #readAnew(): Promise<TailRead> {
    const { tailBytes, maxLineBytes } = this.options();
    for (let growth = 1; ; growth *= GROWTH) {
      const tail = new LineTail(this.#path, { tailBytes: tailBytes * growth, maxLineBytes });
      const fold = this.agent.newTranscript(this.#path);
      const read = await tail.read((line) => fold.accept(line));
      if (read.kind !== 'read') return read;
      if (tail.startedInside && fold.acceptHead !== undefined) await this.#acceptHead(fold);
      if (tail.startedInside && !fold.isSufficient() && growth < MAX_GROWTH) continue;
      this.#tail = tail;
      this.#fold = fold;
      return read;
    }
  }

  async #acceptHead(fold: TranscriptFold): Promise<void> {
    const head = await readHead(this.#path, HEAD_BYTES);
    if (head.kind === 'read') fold.acceptHead?.(head.bytes.toString('utf8'));
  }

  async #readOn(tail: LineTail): Promise<TailRead> {
    const read = await tail.read((line) => this.#fold?.accept(line));
    return read.kind === 'read' && read.restarted ? this.#readAnew() : read;
  }
}
