import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { until } from '../../test/support/until.js';
import { FolderWatch } from './folder-watch.js';

let dir: string;
let watch: FolderWatch | undefined;
const seen = new Set<string>();
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'watch-'));
  seen.clear();
});
afterEach(async () => {
  watch?.close();
  await rm(dir, { recursive: true, force: true });
});

async function start(root: string, depth: number) {
  watch = new FolderWatch(root, { depth, onFile: (path) => seen.add(path) });
  return watch.scan();
}
const untilSeen = (path: string) =>
  until(() => Promise.resolve(seen.has(path) || undefined), {
    failure: () => `${path} was not reported`,
    timeoutMs: 5000,
  });

describe('FolderWatch', () => {
  it('lists the files of its depth only', async () => {
    await mkdir(join(dir, 'a/deeper'), { recursive: true });
    await writeFile(join(dir, 'top.txt'), '');
    await writeFile(join(dir, 'a/inner.txt'), '');
    await writeFile(join(dir, 'a/deeper/far.txt'), '');
    expect(await start(dir, 1)).toEqual([join(dir, 'a/inner.txt')]);
  });

  it('reports a change, a new file and a file in a new folder', async () => {
    const known = join(dir, 'a/known.txt');
    await mkdir(join(dir, 'a'));
    await writeFile(known, '');
    await start(dir, 1);
    await appendFile(known, 'more');
    await untilSeen(known);
    await mkdir(join(dir, 'b'));
    await writeFile(join(dir, 'b/new.txt'), '');
    await untilSeen(join(dir, 'b/new.txt'));
  });

  it('reports a file that goes', async () => {
    const path = join(dir, 'claim.json');
    await writeFile(path, '');
    await start(dir, 0);
    await rm(path);
    await untilSeen(path);
  });

  it('watches a folder that was deleted and made anew', async () => {
    const path = join(dir, 'a/again.txt');
    await mkdir(join(dir, 'a'));
    await start(dir, 1);
    await rm(join(dir, 'a'), { recursive: true });
    await mkdir(join(dir, 'a'));
    await watch?.scan();
    await writeFile(path, '');
    await untilSeen(path);
  });

  it('waits for a root that does not exist yet', async () => {
    const root = join(dir, 'not/yet/there');
    expect(await start(root, 0)).toEqual([]);
    await mkdir(root, { recursive: true });
    await writeFile(join(root, 'first.txt'), '');
    await untilSeen(join(root, 'first.txt'));
  });
});
