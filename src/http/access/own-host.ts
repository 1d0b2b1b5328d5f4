import type { IncomingMessage } from 'node:http';
import { isLoopback } from '../../core/loopback.js';

/** Where a request may say it is going: this is what keeps out pages that reach the port by a name of their own. */
export class OwnHosts {
  readonly #names: ReadonlySet<string>;

  /** `listening`: the address of `http.host`; `more`: names that lead here, such as that of a proxy. */
  constructor(listening: string, more: readonly string[]) {
    this.#names = new Set([listening, ...more].map((name) => name.toLowerCase()));
  }

  /** Loopback names, those that were set, and the very address it came in at, which no foreign name can be. */
  allows({ headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>): boolean {
    const host = nameIn(headers.host);
    if (host === undefined) return false;
    return isLoopback(host) || this.#names.has(host) || host === addressOf(socket.localAddress);
  }

  /** True for what no page has asked for, and for pages of this service. TLS ends at a proxy, whose name is set. */
  allowsOrigin({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
    const { origin, host = '' } = headers;
    if (origin === undefined || origin === `http://${host}`) return true;
    return origin === `https://${host}` && this.#names.has(nameIn(host) ?? '');
  }
}

/** Without the port; IPv6 without brackets. */
function nameIn(host: string | undefined): string | undefined {
  return host
    ?.replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
}

/** An IPv4 address that came in by an IPv6 socket, as such. */
export function addressOf(address: string | undefined): string | undefined {
  return address?.replace(/^::ffff:(?=\d+\.)/i, '').toLowerCase();
}
