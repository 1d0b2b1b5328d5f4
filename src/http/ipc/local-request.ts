import type { IncomingMessage } from 'node:http';

const LOCAL = new WeakSet<IncomingMessage>();

/** Notes that a request came in by the Unix socket. Nothing a client can send does that. */
export function markAsLocal(request: IncomingMessage): void {
  LOCAL.add(request);
}

export function isLocal(request: IncomingMessage): boolean {
  return LOCAL.has(request);
}
