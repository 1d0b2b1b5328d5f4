import { connect, type Socket } from 'node:net';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { until } from './until.js';

/** A client of the event stream on a socket of its own, so that a test can stall it; HTTP/1.0 has no chunks to tell apart. */
export class EventReader {
  readonly events: EventSourceMessage[] = [];
  /** Status line and headers, then the body as it came. */
  text = '';
  isOver = false;
  readonly socket: Socket;

  constructor(url: string, path = '/api/v1/events', headers: Readonly<Record<string, string>> = {}) {
    const { hostname, port } = new URL(url);
    const parser = createParser({ onEvent: (event) => this.events.push(event) });
    this.socket = connect(Number(port), hostname);
    const lines = Object.entries({ host: `${hostname}:${port}`, ...headers }).map((pair) => pair.join(': '));
    this.socket.write(`GET ${path} HTTP/1.0\r\n${lines.join('\r\n')}\r\n\r\n`);
    this.socket.setEncoding('utf8').on('data', (chunk: string) => {
      this.text += chunk;
      parser.feed(chunk);
    });
    this.socket.on('error', () => undefined).on('close', () => (this.isOver = true));
  }

  /** What was told of the world, without what the stream says of itself. */
  get told(): EventSourceMessage[] {
    return this.events.filter(({ event }) => !['ready', 'gap', 'close'].includes(event ?? ''));
  }

  get ids(): number[] {
    return this.told.map(({ id }) => Number(id));
  }

  async until(fits: (reader: this) => boolean, timeoutMs = 10_000): Promise<void> {
    const failure = () => `the stream was not as wanted; its end:\n${this.text.slice(-1000)}`;
    await until(async () => fits(this) || undefined, { timeoutMs, failure });
  }

  end(): void {
    this.socket.destroy();
  }
}
