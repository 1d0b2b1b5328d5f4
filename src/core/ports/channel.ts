import type { Notification } from '../notification.js';

/** A way to reach a human. It only sends: the queue, repetitions and the record of it are around it. */
export abstract class Channel {
  /** Its name in metrics and logs. */
  abstract readonly id: string;

  /** False while nobody has set it up. Asked once, at the start. */
  isSetUp(): boolean {
    return true;
  }

  /**
   * Resolves when the note has been taken. A rejection is followed by further tries, unless it is `Undeliverable`;
   * `signal` aborts when the time for one try is up.
   */
  abstract notify(note: Notification, signal: AbortSignal): Promise<void>;
}

/** It would be refused again. The message may be logged: no address and no secret in it. */
export class Undeliverable extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Undeliverable';
  }
}
