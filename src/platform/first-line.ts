import { open } from 'node:fs/promises';

const MAX_BYTES = 4096;
const NEWLINE = 0x0a;

/** The first line of a file, or undefined where it has none yet, is too long, or cannot be read. */
export async function firstLineOf(path: string): Promise<string | undefined> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(MAX_BYTES), 0, MAX_BYTES, 0);
    const end = buffer.subarray(0, bytesRead).indexOf(NEWLINE);
    return end === -1 ? undefined : buffer.toString('utf8', 0, end);
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}
