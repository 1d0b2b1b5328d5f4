import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { firstLineOf } from './first-line.js';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'first-line-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

describe('firstLineOf', () => {
  it.each([
    ['one line', 'a\n', 'a'],
    ['several', 'ä b\nc\n', 'ä b'],
    ['an empty one', '\nb\n', ''],
    ['a long one', `${'x'.repeat(4095)}\n`, 'x'.repeat(4095)],
    ['one that is too long', `${'x'.repeat(4096)}\n`, undefined],
    ['one that is not ended yet', 'a', undefined],
    ['nothing', '', undefined],
  ])('of %s', async (_name, text, line) => {
    const path = join(dir, 'file');
    await writeFile(path, text);
    expect(await firstLineOf(path)).toBe(line);
  });

  it('of what cannot be read', async () => {
    expect(await firstLineOf(join(dir, 'gone'))).toBeUndefined();
    expect(await firstLineOf(dir)).toBeUndefined();
  });
});
