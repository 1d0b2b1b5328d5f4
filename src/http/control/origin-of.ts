import type { Request } from 'express';
import type { Origin } from '../../core/control.js';

/** What the command line calls itself; the version follows. */
const CLI = /^palingenesis-cli\b/;

/** Who sent a request, as the connection and the program tell: a Unix socket has no address. */
export function originOf({ headers, socket }: Pick<Request, 'headers' | 'socket'>): Origin {
  const address = socket.remoteAddress?.replace(/^::ffff:/, '');
  const from = address === undefined || address === '' ? {} : { address };
  if (CLI.test(headers['user-agent'] ?? '')) return { via: 'cli', ...from };
  return { via: 'address' in from ? 'api' : 'socket', ...from };
}
