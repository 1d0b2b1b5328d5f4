import { Injectable, Logger, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { Response } from 'express';
import { Config } from '../../config/config.js';
import { messageOf, PalingenesisError } from '../../core/errors.js';
import { Clock, type Cancel } from '../../core/ports/clock.js';
import type { StoredEvent } from '../../store/event.repository.js';
import { EventClient, frameOf, type EventFilter } from './event-client.js';
import { EventJournal } from './event-journal.js';

/** Read at once for a client that comes back. */
const PAGE = 500;
/** A client that has taken nothing at this many heartbeats in a row has stalled. */
const STALLED_HEARTBEATS = 2;
const RETRY_MS = 2000;

/** Everyone who follows the event stream: catches each up from the store, then tells what happens. */
@Injectable()
export class EventStreams implements OnModuleInit, BeforeApplicationShutdown {
  readonly #log = new Logger('Events');
  readonly #clients = new Set<EventClient>();
  #cancel: Cancel | undefined;
  #isClosing = false;

  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
    private readonly journal: EventJournal,
  ) {}

  onModuleInit(): void {
    this.journal.tell((event) => this.#broadcast(event));
    this.#cancel = this.clock.every(this.config.events.heartbeatS * 1000, () => this.#beat());
  }

  /** What happened last is told, then every stream ends with the reason, so that clients come back by themselves. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#isClosing = true;
    this.#cancel?.();
    await this.journal.stop();
    for (const client of this.#clients) client.close('shutdown');
  }

  get count(): number {
    return this.#clients.size;
  }

  /**
   * Takes over an answer until its client goes. `since`: id of the last event it has seen; undefined for none.
   * Throws `too-many-clients`.
   */
  open(response: Response, filter: EventFilter, since: number | undefined): void {
    const { maxClients, clientBufferBytes } = this.config.events;
    if (this.#isClosing || this.#clients.size >= maxClients)
      throw new PalingenesisError('too-many-clients', this.#refusal(maxClients));
    const client = new EventClient(response, filter, clientBufferBytes);
    this.#clients.add(client);
    response.once('close', () => this.#clients.delete(client));
    response.writeHead(200, HEADERS);
    void this.#keepUp(client, () => this.#welcome(client, since ?? this.journal.lastId));
  }

  #refusal(maxClients: number): string {
    return this.#isClosing ? 'the service is ending; come back soon' : `${maxClients} clients follow already`;
  }

  /** From the store to where the others are. */
  async #keepUp(client: EventClient, start: () => number | Promise<number>): Promise<void> {
    try {
      client.isLive = false;
      await this.#catchUp(client, await start());
    } catch (error) {
      this.#log.warn(`a client of the event stream could not be caught up: ${messageOf(error)}`);
      client.destroy();
    }
  }

  /** Goes live in the same breath in which it has seen the newest, so that nothing is missed or told twice. */
  async #catchUp(client: EventClient, since: number): Promise<void> {
    let place = since;
    do {
      const newest = this.journal.lastId;
      const page = await this.journal.after(place, PAGE);
      for (const event of page) {
        place = event.id;
        if (!client.wants(event)) continue;
        const frame = frameOf(event);
        while (!client.write(frame)) await client.drained();
      }
      // What could not be stored cannot be told again, and must not be waited for.
      if (page.length < PAGE) place = Math.max(place, newest);
    } while (place < this.journal.lastId && !client.isOver);
    client.isLive = true;
  }

  /** Says where the client is, and what is missing between there and the oldest event that is kept. */
  async #welcome(client: EventClient, since: number): Promise<number> {
    const oldest = await this.journal.oldestId();
    const { lastId } = this.journal;
    const isKnown = since <= lastId;
    const place = isKnown ? Math.max(since, oldest - 1) : lastId;
    client.write(
      `retry: ${RETRY_MS}\nid: ${place}\nevent: ready\ndata: ${JSON.stringify({ id: place })}\n\n`,
    );
    if (place > since) client.say('gap', { after: since, before: place + 1 });
    if (!isKnown) client.say('gap', { after: null, before: place + 1 });
    return place;
  }

  /** Who has no room for it goes on from the store when there is some. */
  #broadcast(event: StoredEvent): void {
    let frame: Buffer | undefined;
    for (const client of this.#clients) {
      if (!client.isLive || !client.wants(event)) continue;
      frame ??= frameOf(event);
      if (!client.write(frame)) void this.#keepUp(client, () => event.id - 1);
    }
  }

  /** The id moves the place of clients whose filter lets little through, past what they need not be told again. */
  #beat(): void {
    const sign = `: heartbeat\nid: ${this.journal.lastId}\n\n`;
    for (const client of this.#clients) {
      if (client.beatsStalled() >= STALLED_HEARTBEATS) this.#drop(client);
      else if (client.isLive) client.write(sign);
    }
  }

  #drop(client: EventClient): void {
    this.#clients.delete(client);
    this.#log.debug('a client of the event stream lagged behind and was let go of');
    client.close('slow');
    this.clock.after(this.config.events.heartbeatS * 1000, () => client.destroy());
  }
}

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
};
