import { Injectable, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { Config } from '../config/config.js';
import type { DomainEvent } from '../core/events.js';
import { notificationOf } from '../core/notification-of.js';
import { Channel } from '../core/ports/channel.js';
import { Clock } from '../core/ports/clock.js';
import { EventBus } from '../core/ports/event-bus.js';
import { NotificationChannel } from './notification-channel.decorator.js';
import { Outbox, type OutboxBounds } from './outbox.js';

/** Tells the channels what a human must hear of. Emits `notification-ended`. */
@Injectable()
export class Notifier implements OnModuleInit, BeforeApplicationShutdown {
  readonly #outboxes = new Map<string, Outbox>();
  #startedMs = 0;

  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
    private readonly bus: EventBus,
    private readonly discovery: DiscoveryService,
  ) {}

  onModuleInit(): void {
    this.#startedMs = this.clock.nowMs();
    for (const channel of this.#channels()) this.#open(channel);
    if (this.#outboxes.size === 0) return;
    this.bus.on('episode-changed', (event) => this.#tell(event));
    this.bus.on('preflight-troubled', (event) => this.#tell(event));
    // The first look at the disk tells of every stop there ever was.
    this.bus.on('wording-unknown', (event) => event.stop.atMs >= this.#startedMs && this.#tell(event));
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([...this.#outboxes.values()].map((outbox) => outbox.close()));
  }

  /** Resolves when every channel has been told everything so far, or has been given up on. */
  async whenIdle(): Promise<void> {
    await Promise.all([...this.#outboxes.values()].map((outbox) => outbox.whenIdle()));
  }

  #channels(): readonly Channel[] {
    const found = this.discovery.getProviders({ metadataKey: NotificationChannel.KEY });
    return found.flatMap(({ instance }) => {
      if (!(instance instanceof Channel))
        throw new Error(`${String(instance)} is marked @NotificationChannel but is no Channel`);
      return instance.isSetUp() ? [instance] : [];
    });
  }

  #open(channel: Channel): void {
    const { id } = channel;
    if (this.#outboxes.has(id)) throw new Error(`two channels claim the id "${id}"`);
    const outbox = new Outbox(channel, this.#bounds(), this.clock, ({ kind }, outcome) =>
      this.bus.publish({ type: 'notification-ended', channel: id, kind, outcome }),
    );
    this.#outboxes.set(id, outbox);
  }

  #bounds(): OutboxBounds {
    const { queueSize, maxAttempts, retryInitialS, retryMaxS, timeoutS } = this.config.notify;
    const backoff = { initialMs: retryInitialS * 1000, maxMs: retryMaxS * 1000 };
    return { queueSize, maxAttempts, backoff, timeoutMs: timeoutS * 1000 };
  }

  #tell(event: DomainEvent): void {
    const note = notificationOf(event);
    if (note !== undefined) for (const outbox of this.#outboxes.values()) outbox.add(note);
  }
}
