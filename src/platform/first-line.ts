import { readHead } from './read-head.js';

const MAX_BYTES = 4096;
const NEWLINE = 0x0a;

/** The first line of a file, or undefined where it has none yet, is too long, or cannot be read. */
export async function firstLineOf(path: string): Promise<string | undefined> {
  const head = await readHead(path, MAX_BYTES);
  if (head.kind !== 'read') return undefined;
  const end = head.bytes.indexOf(NEWLINE);
  return end === -1 ? undefined : head.bytes.toString('utf8', 0, end);
}
