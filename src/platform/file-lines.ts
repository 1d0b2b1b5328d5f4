import { createReadStream } from 'node:fs';

const NEWLINE = 0x0a;

/**
 * The lines of a file from its beginning, without those longer than `maxLineBytes` and a last one that is not ended yet.
 * Rejects where it cannot be read.
 */
export async function* linesOf(path: string, maxLineBytes: number): AsyncGenerator<string> {
  let pieces: Buffer[] = [];
  let sizeBytes = 0;
  const chunks: AsyncIterable<Buffer> = createReadStream(path);
  for await (const chunk of chunks) {
    let rest = chunk;
    for (let end = rest.indexOf(NEWLINE); end !== -1; end = rest.indexOf(NEWLINE)) {
      if (sizeBytes + end <= maxLineBytes) yield Buffer.concat([...pieces, rest.subarray(0, end)]).toString();
      [pieces, sizeBytes, rest] = [[], 0, rest.subarray(end + 1)];
    }
    sizeBytes += rest.length;
    // What is too long is not even kept.
    pieces = sizeBytes <= maxLineBytes ? [...pieces, rest] : [];
  }
}
