import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';

const LEFT = 2;
let dir: string;
let given = 0;
const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);

jest.unstable_mockModule('node:fs', () => ({
  ...fs,
  watch: (...args: Parameters<typeof fs.watch>) => {
    given += 1;
    if (given > LEFT) throw Object.assign(new Error('no watch is left'), { code: 'ENOSPC' });
    return fs.watch(...args);
  },
}));
const { FolderWatch } = await import('./folder-watch.js');

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'watch-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

it('lists folders at each look for which the system has no watch left, and says so once', async () => {
  const files = ['a', 'b', 'c', 'd'].map((name) => join(dir, name, 'file'));
  for (const file of files) {
    await mkdir(join(file, '..'));
    await writeFile(file, '');
  }
  const watch = new FolderWatch(dir, { depth: 1, onFile: () => undefined });
  try {
    expect((await watch.scan()).toSorted()).toEqual(files);
    expect(await watch.scanChanged()).toEqual(expect.arrayContaining(files.slice(1)));
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('fs.inotify.max_user_watches'));
  } finally {
    watch.close();
  }
});
