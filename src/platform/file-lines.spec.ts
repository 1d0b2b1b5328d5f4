import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { linesOf } from './file-lines.js';

let path: string;
beforeEach(async () => void (path = join(await mkdtemp(join(tmpdir(), 'lines-')), 'file')));
afterEach(() => rm(join(path, '..'), { recursive: true, force: true }));

async function read(text: string, maxLineBytes: number): Promise<string[]> {
  await writeFile(path, text);
  const lines: string[] = [];
  for await (const line of linesOf(path, maxLineBytes)) lines.push(line);
  return lines;
}

describe('linesOf', () => {
  it('gives the lines that are ended', async () => {
    expect(await read('a\n\nb\nhalf', 10)).toEqual(['a', '', 'b']);
  });

  it('passes over what is too long, across chunks of a read, too', async () => {
    const long = 'x'.repeat(300_000);
    expect(await read(`a\n${long}\nb\nääää\n`, 100)).toEqual(['a', 'b', 'ääää']);
    expect((await read(`${long}\n`, 400_000))[0]).toHaveLength(300_000);
  });

  it('rejects where there is no file', async () => {
    await expect(linesOf('/nowhere/file', 10).next()).rejects.toThrow('ENOENT');
  });
});
