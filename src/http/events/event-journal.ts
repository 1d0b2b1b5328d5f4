import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { messageOf } from '../../core/errors.js';
import type { EventOf } from '../../core/events.js';
import { Clock, type Cancel } from '../../core/ports/clock.js';
import { EventBus } from '../../core/ports/event-bus.js';
import { EventRepository, type StoredEvent } from '../../store/event.repository.js';
import { EVENT_TYPES, toWire, type EventType } from './event-catalog.js';

/** Events of one moment are stored together: a write to the disk takes longer than all else. */
const GATHER_MS = 25;
const PRUNE_EVERY_MS = 3_600_000;
const HOUR_MS = 3_600_000;

type Waiting = Omit<StoredEvent, 'id' | 'data'> & Readonly<{ data: Readonly<Record<string, unknown>> }>;
type Listener = (event: StoredEvent) => void;

/**
 * Stores every event and tells it only then, so that what a client has seen it can also go on from. Where storing
 * fails, events are told all the same and said to be missing in the log.
 */
@Injectable()
export class EventJournal implements OnModuleInit {
  readonly #log = new Logger('Events');
  readonly #cancels: Cancel[] = [];
  #waiting: Waiting[] = [];
  #dropped = 0;
  #sincePruned = 0;
  #timer: Cancel | undefined;
  #storing: Promise<void> = Promise.resolve();
  #listener: Listener = () => undefined;
  #lastId: number | undefined;

  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
    private readonly events: EventRepository,
    bus: EventBus,
  ) {
    for (const type of EVENT_TYPES)
      this.#cancels.push(bus.on(type, (event: EventOf<typeof type>) => this.#take(type, event)));
  }

  async onModuleInit(): Promise<void> {
    this.#lastId ??= await this.events.lastId();
    this.#cancels.push(this.clock.every(PRUNE_EVERY_MS, () => void this.#prune()));
    void this.#prune();
  }

  /** Id of the newest event that was told. */
  get lastId(): number {
    return this.#lastId ?? 0;
  }

  /** Id of the oldest event that can be told again; one more than the newest where there is none. */
  async oldestId(): Promise<number> {
    return (await this.events.oldestId()) ?? this.lastId + 1;
  }

  after(id: number, limit: number): Promise<readonly StoredEvent[]> {
    return this.events.after(id, limit);
  }

  /** The one who is told of each stored event, in order. */
  tell(listener: Listener): void {
    this.#listener = listener;
  }

  /** Takes no more; resolves when what it has taken is stored and told. */
  async stop(): Promise<void> {
    for (const cancel of this.#cancels.splice(0)) cancel();
    this.#timer?.();
    this.#flush();
    await this.#storing;
  }

  #take<Type extends EventType>(type: Type, event: EventOf<Type>): void {
    if (this.#waiting.length >= this.config.events.queueMax) {
      this.#dropped += 1;
      return;
    }
    this.#waiting.push({ atMs: this.clock.nowMs(), type, ...toWire(type, event) });
    this.#timer ??= this.clock.after(GATHER_MS, () => this.#flush());
  }

  #flush(): void {
    this.#timer = undefined;
    this.#storing = this.#storing.then(() => this.#store());
  }

  async #store(): Promise<void> {
    const batch = this.#waiting;
    this.#waiting = [];
    if (this.#dropped > 0)
      this.#log.warn('events were dropped, too many at once', { dropped: this.#dropped });
    this.#dropped = 0;
    if (batch.length === 0) return;
    let lastId = (this.#lastId ??= await this.events.lastId());
    const stored = batch.map((event) => withId((lastId += 1), event));
    await this.events.append(stored).catch((error: unknown) => {
      this.#log.warn(`events could not be stored and cannot be told again: ${messageOf(error)}`);
    });
    for (const event of stored) {
      this.#lastId = event.id;
      this.#listener(event);
    }
    this.#sincePruned += stored.length;
    if (this.#sincePruned > this.config.events.keepMax / 10) await this.#prune();
  }

  async #prune(): Promise<void> {
    const { keepMax, keepH } = this.config.events;
    this.#sincePruned = 0;
    await this.events
      .prune(this.lastId - keepMax, this.clock.nowMs() - keepH * HOUR_MS)
      .catch((error: unknown) => this.#log.warn(`old events could not be removed: ${messageOf(error)}`));
  }
}

function withId(id: number, { atMs, type, sessionIds, data }: Waiting): StoredEvent {
  const text = JSON.stringify({ id, at: new Date(atMs).toISOString(), type, ...data });
  return { id, atMs, type, sessionIds, data: text };
}
