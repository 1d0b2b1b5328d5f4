import { Logger } from '@nestjs/common';
import { backoffMs, type Backoff } from '../core/backoff.js';
import { messageOf } from '../core/errors.js';
import type { EventOf } from '../core/events.js';
import type { Notification } from '../core/notification.js';
import { Undeliverable, type Channel } from '../core/ports/channel.js';
import type { Clock } from '../core/ports/clock.js';
import { redactText } from '../core/redact-text.js';

export type OutboxBounds = Readonly<{
  queueSize: number;
  maxAttempts: number;
  backoff: Backoff;
  timeoutMs: number;
}>;
export type Outcome = EventOf<'notification-ended'>['outcome'];

/** The notes for one channel, sent one after the other; a channel that is stuck holds up no other. */
export class Outbox {
  readonly #log = new Logger('Notify');
  readonly #queue: Notification[] = [];
  readonly #stop = new AbortController();
  #sending: Promise<void> | undefined;

  constructor(
    private readonly channel: Channel,
    private readonly bounds: OutboxBounds,
    private readonly clock: Clock,
    private readonly onEnd: (note: Notification, outcome: Outcome) => void,
  ) {}

  /** Where it is full, the oldest goes: what is so now matters more. */
  add(note: Notification): void {
    if (this.#stop.signal.aborted) return;
    if (this.#queue.length >= this.bounds.queueSize) this.#drop();
    this.#queue.push(note);
    this.#sending ??= this.#sendAll();
  }

  /** Resolves when nothing is left to send. */
  async whenIdle(): Promise<void> {
    await this.#sending;
  }

  /** Ends what is under way; what waits is lost, which is counted and said. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#sending;
  }

  async #sendAll(): Promise<void> {
    for (let note = this.#queue.shift(); note !== undefined; note = this.#queue.shift())
      this.onEnd(note, this.#stop.signal.aborted ? 'dropped' : await this.#send(note));
    this.#sending = undefined;
  }

  #drop(): void {
    const oldest = this.#queue.shift();
    if (oldest === undefined) return;
    this.#log.warn({ msg: 'a notification was dropped: too many wait', channel: this.channel.id });
    this.onEnd(oldest, 'dropped');
  }

  async #send(note: Notification): Promise<Outcome> {
    const { maxAttempts, backoff } = this.bounds;
    for (let attempt = 1; ; attempt += 1) {
      const error = await this.#try(note);
      if (error === undefined) return 'delivered';
      if (!this.#isLast(error, attempt, maxAttempts))
        await this.#pause(backoffMs(backoff, attempt - 1, Math.random()));
      if (this.#isLast(error, attempt, maxAttempts)) return this.#giveUp(note, error, attempt);
    }
  }

  #isLast(error: unknown, attempt: number, maxAttempts: number): boolean {
    return error instanceof Undeliverable || attempt >= maxAttempts || this.#stop.signal.aborted;
  }

  #giveUp({ kind, sessionId }: Notification, error: unknown, attempts: number): Outcome {
    const why = redactText(messageOf(error));
    const fields = { channel: this.channel.id, kind, session_id: sessionId, attempts, why };
    this.#log.warn({ msg: 'a notification could not be delivered', ...fields });
    return 'failed';
  }

  /** What went wrong, if anything did. A channel that does not heed its signal is not waited for. */
  async #try(note: Notification): Promise<unknown> {
    const { timeoutMs } = this.bounds;
    const time = new AbortController();
    const signal = AbortSignal.any([time.signal, this.#stop.signal]);
    const cancel = this.clock.after(timeoutMs, () => time.abort(new Error(`no answer in ${timeoutMs} ms`)));
    const aborted = Promise.withResolvers<never>();
    signal.addEventListener('abort', () => aborted.reject(signal.reason), { once: true });
    try {
      await Promise.race([this.channel.notify(note, signal), aborted.promise]);
      return undefined;
    } catch (error) {
      return error ?? new Error('it rejected without a reason');
    } finally {
      cancel();
    }
  }

  #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.clock.after(ms, resolve);
    this.#stop.signal.addEventListener('abort', () => (cancel(), resolve()), { once: true });
    return promise;
  }
}
