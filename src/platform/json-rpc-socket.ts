import { realpath } from 'node:fs/promises';
import { messageOf } from '../core/errors.js';
import { at, numberOf, parseRecord, recordOf, stringOf } from '../core/json-record.js';
import type { RpcCall } from '../core/ports/live-surface.js';

type Waiting = Readonly<{ resolve: (result: unknown) => void; reject: (error: Error) => void }>;

/** Answers are small; a server that sends more is none we know. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

type Wire = Readonly<{
  send: (text: string) => void;
  close: () => void;
  onMessage: (take: (text: string) => void) => void;
  onClose: (take: () => void) => void;
}>;

/** A JSON-RPC client on a WebSocket that a Unix socket carries. Each call is answered within `timeoutMs` or rejected. */
export class JsonRpcSocket {
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  private constructor(
    private readonly wire: Wire,
    private readonly timeoutMs: number,
  ) {
    wire.onMessage((text) => this.#accept(text));
    wire.onClose(() => this.#failAll(new Error('the connection was closed')));
  }

  /** Rejects where nobody listens, or does not speak WebSocket in time. */
  static async open(socket: string, timeoutMs: number): Promise<JsonRpcSocket> {
    // A path on the wire is short; the one in the home may be a long link to it.
    const path = await realpath(socket);
    return new JsonRpcSocket(await connect(`ws+unix://${path}:/`, timeoutMs), timeoutMs);
  }

  /** The result. Rejects with the server's own words where it refuses. */
  call({ method, params }: RpcCall): Promise<unknown> {
    const id = (this.#lastId += 1);
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const timer = setTimeout(
      () => reject(new Error(`${method}: no answer for ${this.timeoutMs} ms`)),
      this.timeoutMs,
    );
    this.#waiting.set(id, {
      resolve,
      reject: (error) => reject(new Error(`${method}: ${messageOf(error)}`)),
    });
    this.wire.send(JSON.stringify({ id, method, params }));
    return promise.finally(() => {
      clearTimeout(timer);
      this.#waiting.delete(id);
    });
  }

  notify(method: string): void {
    this.wire.send(JSON.stringify({ method }));
  }

  close(): void {
    this.wire.close();
  }

  #accept(text: string): void {
    const message = parseRecord(text);
    const waiting = this.#waiting.get(numberOf(message?.['id']) ?? 0);
    if (message === undefined || waiting === undefined) return;
    const error = recordOf(message['error']);
    if (error === undefined) waiting.resolve(message['result']);
    else waiting.reject(new Error(stringOf(at(error, 'message')) ?? 'refused'));
  }

  #failAll(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
  }
}

/** Loaded with the first connection: most services never make one. */
async function connect(url: string, timeoutMs: number): Promise<Wire> {
  const { WebSocket } = await import('ws');
  const socket = new WebSocket(url, { handshakeTimeout: timeoutMs, maxPayload: MAX_MESSAGE_BYTES });
  const opened = Promise.withResolvers<void>();
  socket.once('open', () => opened.resolve());
  // What goes wrong later closes it, too.
  socket.on('error', (error) => opened.reject(error));
  await opened.promise;
  return {
    send: (text) => socket.send(text),
    close: () => socket.close(),
    onMessage: (take) => socket.on('message', (data) => take(Buffer.isBuffer(data) ? data.toString() : '')),
    onClose: (take) => socket.once('close', take),
  };
}
