import type { Request } from 'express';
import type { Origin } from '../../core/control.js';
import { addressOf } from '../access/own-host.js';
import { isLocal } from '../ipc/local-request.js';

/** What the command line calls itself. */
const CLI = /^palingenesis-cli\b/;

/** Who sent a request, as the connection tells it, and of ours the program. */
export function originOf(request: Request): Origin {
  const address = isLocal(request) ? undefined : addressOf(request.socket.remoteAddress);
  const from = address === undefined ? {} : { address };
  if (CLI.test(request.headers['user-agent'] ?? '')) return { via: 'cli', ...from };
  return { via: isLocal(request) ? 'socket' : 'api', ...from };
}
