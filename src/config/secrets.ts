const SECRET = /header|authorization|token(?!_dir)|secret|password|api.?key|webhook.?url/i;
const HIDDEN = '(hidden)';

/** The value of an option as it may be shown: without what only its owner should read. */
export function shareable(path: string, value: unknown): unknown {
  if (SECRET.test(path)) return value === '' ? value : HIDDEN;
  return typeof value === 'string' ? withoutCredentials(value) : value;
}

/** An address without the user and password in it. */
export function withoutCredentials(address: string): string {
  return address.replace(/:\/\/[^/@]*@/, '://');
}
