import { Injectable, Logger } from '@nestjs/common';
import { hasCode, messageOf } from '../core/errors.js';
import { SerialQueue } from './serial-queue.js';

const TRIES = 3;

/**
 * Everything that is done about one session, one after another, so that a stop, a user's prompt, a due time and a
 * request cannot overtake each other. A task that finds that its episode was changed outside of the turn is run again:
 * it has to read what it decides on.
 */
@Injectable()
export class SessionTurns {
  readonly #log = new Logger('Turns');
  readonly #queue = new SerialQueue((sessionId, error) =>
    this.#log.error(`session ${sessionId}: ${messageOf(error)}`),
  );

  /** Never rejects: a task that fails is reported and the next one runs. */
  run(sessionId: string, task: () => Promise<void>): Promise<void> {
    return this.#queue.run(sessionId, () => retryStale(task));
  }

  /** Does something in the session's turn and gives what comes of it. Rejects with what it throws. */
  async ask<T>(sessionId: string, task: () => Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    void this.#queue.run(sessionId, () => retryStale(task).then(resolve, reject));
    return promise;
  }

  /** Resolves when everything asked for so far is done. */
  whenIdle(): Promise<void> {
    return this.#queue.whenIdle();
  }
}

async function retryStale<T>(task: () => Promise<T>): Promise<T> {
  for (let left = TRIES; ; left -= 1) {
    try {
      return await task();
    } catch (error) {
      if (!hasCode(error, 'stale-episode') || left <= 1) throw error;
    }
  }
}
