import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readHead } from './read-head.js';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'head-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

describe('readHead', () => {
  it.each([
    [0, true],
    [9, true],
    [10, true],
    [11, false],
    [100_000, false],
  ])('reads the first 10 of %d bytes', async (size, isWhole) => {
    const path = join(dir, 'file');
    await writeFile(path, 'x'.repeat(size));
    expect(await readHead(path, 10)).toEqual({
      kind: 'read',
      bytes: Buffer.alloc(Math.min(size, 10), 'x'),
      isWhole,
    });
  });

  it('says what keeps it from reading, and does not wait for the writer of a pipe', async () => {
    expect(await readHead(join(dir, 'gone'), 10)).toEqual({ kind: 'missing' });
    expect(await readHead(dir, 10)).toEqual({ kind: 'unreadable', code: 'EISDIR' });
    await promisify(execFile)('mkfifo', [join(dir, 'pipe')]);
    expect(await readHead(join(dir, 'pipe'), 10)).toEqual({
      kind: 'read',
      bytes: Buffer.alloc(0),
      isWhole: true,
    });
  });
});
