import { setImmediate } from 'node:timers/promises';
import type { Response } from 'express';
import type { StoredEvent } from '../../store/event.repository.js';

export type EventFilter = Readonly<{ types: ReadonlySet<string>; sessionId: string | undefined }>;

/** Why a stream ends, as its last event says. */
export type CloseReason = 'slow' | 'shutdown';

export function frameOf({ id, type, data }: StoredEvent): Buffer {
  return Buffer.from(`id: ${id}\nevent: ${type}\ndata: ${data}\n\n`);
}

/** One who follows the stream. It never holds more than `bufferBytes` for a reader that does not keep up. */
export class EventClient {
  /** While true it is told what happens; before, what has happened. */
  isLive = false;
  #isOver = false;
  #beatsStalled = 0;
  #wake: () => void = () => undefined;

  constructor(
    private readonly response: Response,
    private readonly filter: EventFilter,
    private readonly bufferBytes: number,
  ) {
    response.once('close', () => {
      this.#isOver = true;
      this.#wake();
    });
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  wants({ type, sessionIds }: StoredEvent): boolean {
    const { types, sessionId } = this.filter;
    return (
      (types.size === 0 || types.has(type)) && (sessionId === undefined || sessionIds.includes(sessionId))
    );
  }

  /** False when it lags too far behind: then nothing was added. */
  write(frame: Buffer | string): boolean {
    if (this.#isOver) return true;
    const { writableLength } = this.response;
    if (writableLength > 0 && writableLength + frame.length > this.bufferBytes) return false;
    this.response.write(frame, this.#onTaken);
    return true;
  }

  /** An event of the stream itself; without an id, so that it moves nobody's place. */
  say(event: string, data: object): boolean {
    return this.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** Resolves when there may be room again, or it has gone. */
  async drained(): Promise<void> {
    if (this.#isOver || this.response.writableLength === 0) return setImmediate();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    await promise;
  }

  /** For how many looks in a row, this one included, it has taken nothing of what waits for it. */
  beatsStalled(): number {
    this.#beatsStalled = this.response.writableLength > 0 ? this.#beatsStalled + 1 : 0;
    return this.#beatsStalled;
  }

  /** `drain` alone would not do: it is told above a mark of the system's own, which may be beyond the bound. */
  readonly #onTaken = (): void => {
    this.#beatsStalled = 0;
    this.#wake();
  };

  /** Says why and ends, as soon as what waits has been read. */
  close(reason: CloseReason): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.response.end(`event: close\ndata: ${JSON.stringify({ reason })}\n\n`);
  }

  /** Ends at once what has not ended by itself. */
  destroy(): void {
    this.response.destroy();
  }
}
