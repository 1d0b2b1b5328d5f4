import { createParser } from '../eventsource-parser/dist/index.js';
import { ApiError, ask } from './api.js';

/**
 * `live`: told at once. `polling`: the service has no event stream. `offline`: nobody answers.
 * @typedef {'connecting' | 'live' | 'polling' | 'offline' | 'locked'} Connection
 */

const RETRY_MS = [500, 1000, 2000, 5000];
/** A service without a stream is asked again after this long; it may have been replaced. */
const NO_STREAM_MS = 60_000;
/** The stream has a heartbeat; when even that is silent for so long, the connection is dead. */
const SILENCE_MS = 60_000;

/**
 * Follows the event stream for as long as the page is open. Not an `EventSource`: that cannot send a token.
 */
export class Live {
  /** @type {AbortController | undefined} */
  #open;
  /** @type {string | undefined} */
  #lastId;
  #failures = 0;
  /** @type {number | undefined} */
  #timer;

  /**
   * @param {(type: string) => void} onEvent
   * @param {(connection: Connection) => void} onConnection
   */
  constructor(onEvent, onConnection) {
    this.onEvent = onEvent;
    this.onConnection = onConnection;
  }

  /** Connects now, also when it was about to wait. */
  connect() {
    this.#open?.abort();
    clearTimeout(this.#timer);
    const open = new AbortController();
    this.#open = open;
    this.#follow(open).catch((error) => {
      if (this.#open === open) this.#retry(error);
    });
  }

  /** @param {AbortController} open */
  async #follow(open) {
    const accept = { accept: 'text/event-stream' };
    const headers = this.#lastId === undefined ? accept : { ...accept, 'last-event-id': this.#lastId };
    const { body } = await ask('events', { headers, signal: open.signal, cache: 'no-store' });
    this.#failures = 0;
    this.onConnection('live');
    const parser = createParser({
      onEvent: ({ id, event, data }) => {
        this.#lastId = id ?? this.#lastId;
        this.onEvent(event ?? typeIn(data));
      },
    });
    await this.#read(open, body, parser);
    throw new ApiError(0, 'the event stream has ended');
  }

  /**
   * @param {AbortController} open
   * @param {ReadableStream<Uint8Array> | null} body
   * @param {{ feed: (chunk: string) => void }} parser
   */
  async #read(open, body, parser) {
    if (body === null) return;
    const decoder = new TextDecoder();
    const reader = body.getReader();
    for (;;) {
      const silence = setTimeout(() => open.abort(), SILENCE_MS);
      const { done, value } = await reader.read().finally(() => clearTimeout(silence));
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
    }
  }

  /** @param {unknown} error */
  #retry(error) {
    const status = error instanceof ApiError ? error.status : 0;
    if (status === 401) return this.onConnection('locked');
    this.onConnection(status === 0 ? 'offline' : 'polling');
    const waitMs = status === 404 ? NO_STREAM_MS : RETRY_MS[Math.min(this.#failures, RETRY_MS.length - 1)];
    this.#failures += 1;
    this.#timer = setTimeout(() => this.connect(), waitMs);
  }
}

/**
 * The type of an event whose line does not name it.
 * @param {string} data
 */
function typeIn(data) {
  try {
    return String(JSON.parse(data).type);
  } catch {
    return '';
  }
}
