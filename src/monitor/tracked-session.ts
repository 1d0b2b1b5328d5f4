import type { Agent, TranscriptFold } from '../core/ports/agent.js';
import type { SessionView } from '../core/session.js';
import type { LineTail, TailRead } from '../platform/line-tail.js';

/** How far a first read may reach back when the end alone does not hold what a resume needs. */
const MAX_GROWTH = 16;

/** One session file being followed: where the reading stands and what the records said so far. */
export class TrackedSession {
  #tail: LineTail;
  #fold: TranscriptFold;
  #read = false;
  sizeBytes = 0;
  modifiedMs = 0;

  constructor(
    readonly id: string,
    readonly agent: Agent,
    readonly home: string,
    readonly path: string,
    private readonly newTail: (path: string, growth: number) => LineTail,
  ) {
    this.#tail = newTail(path, 1);
    this.#fold = agent.newTranscript(path);
  }

  /** True once the file has been read. */
  get isKnown(): boolean {
    return this.#read;
  }

  view(): SessionView {
    return this.#fold.view();
  }

  /** What a listing tells of the file before it is read. */
  noteFile(sizeBytes: number, modifiedMs: number): void {
    this.sizeBytes = sizeBytes;
    this.modifiedMs = modifiedMs;
  }

  /** Reads what is new. One call at a time. */
  async advance(): Promise<TailRead> {
    const read = await this.#readOnce();
    if (read.kind !== 'read') return read;
    this.sizeBytes = read.sizeBytes;
    this.modifiedMs = read.modifiedMs;
    const isFirst = !this.#read || read.restarted;
    this.#read = true;
    return isFirst ? this.#reachBack(read) : read;
  }

  #readOnce(): Promise<TailRead> {
    return this.#tail.read(
      (line) => this.#fold.accept(line),
      () => {
        this.#fold = this.agent.newTranscript(this.path);
      },
    );
  }

  async #reachBack(first: TailRead): Promise<TailRead> {
    let read = first;
    for (let growth = 4; growth <= MAX_GROWTH; growth *= 4) {
      if (!this.#tail.startedInside || this.#fold.isSufficient()) break;
      this.#tail = this.newTail(this.path, growth);
      this.#fold = this.agent.newTranscript(this.path);
      read = await this.#readOnce();
    }
    return read;
  }
}

/** What a read met that a person should hear of, in words, or undefined. */
export function troubleOf(read: TailRead): string | undefined {
  if (read.kind === 'unreadable')
    return `cannot be read (${read.code}); the session is not watched meanwhile`;
  if (read.kind === 'read' && read.skippedLines > 0)
    return `${read.skippedLines} lines longer than monitor.max_line_bytes were passed over`;
  return undefined;
}
