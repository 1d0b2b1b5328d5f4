import { isLoopback } from '../core/loopback.js';
import { usageError } from './command-error.js';

/** Listening on all addresses is listening on this one, too. */
const ANY: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** Where the service is: as given, or else as the settings tell it to listen. Throws a `CommandError`. */
export function serviceUrl(
  given: string | undefined,
  http: Readonly<{ host: string; port: number }> | undefined,
): string {
  if (given !== undefined) return checked(given);
  if (http === undefined || http.port === 0)
    throw usageError('http.port = 0 lets the service take any free port: say which with --url URL');
  const name = ANY[http.host] ?? http.host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${http.port}`;
}

/** What a launch is told, and the token, must not leave this machine in the clear. */
function checked(given: string): string {
  const url = URL.parse(given);
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname)))
    return url.origin;
  throw usageError(
    `--url: given "${given}", allowed is http:// and a loopback address, such as http://127.0.0.1:7654, or https://`,
  );
}
