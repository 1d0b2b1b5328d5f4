import { appendFile, mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
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

  it.each(['a loop of links', 'a file', 'a name that is too long', 'inside of a file'])(
    'finds nothing where its root is %s',
    async (kind) => {
      const root = join(dir, kind === 'a name that is too long' ? 'n'.repeat(300) : 'root');
      if (kind === 'a loop of links') await symlink(root, root);
      if (kind.endsWith('a file')) await writeFile(root, '');
      expect(await start(kind.startsWith('inside') ? join(root, 'inner') : root, 1)).toEqual([]);
      expect(await watch?.scanChanged()).toEqual([]);
    },
  );

  describe('scanChanged', () => {
    /** A folder nothing has happened in for a while. */
    const settle = (...folders: readonly string[]) =>
      Promise.all(folders.map((folder) => utimes(join(dir, folder), new Date(0), new Date(0))));

    beforeEach(async () => {
      for (const folder of ['a', 'b']) {
        await mkdir(join(dir, folder));
        await writeFile(join(dir, folder, 'known.txt'), '');
      }
      await settle('a', 'b');
      expect(await start(dir, 1)).toHaveLength(2);
    });
    const names = async () =>
      (await watch?.scanChanged())?.map((path) => path.slice(dir.length + 1)).toSorted();

    it('lists nothing where nothing was added, removed or renamed', async () => {
      expect(await names()).toEqual([]);
      await appendFile(join(dir, 'a/known.txt'), 'more');
      expect(await names()).toEqual([]);
    });

    it.each([
      ['added', () => writeFile(join(dir, 'a/new.txt'), ''), ['a/known.txt', 'a/new.txt']],
      ['removed', () => rm(join(dir, 'a/known.txt')), []],
      ['renamed', () => rename(join(dir, 'a/known.txt'), join(dir, 'a/other.txt')), ['a/other.txt']],
      [
        'put into a new folder',
        () => mkdir(join(dir, 'c')).then(() => writeFile(join(dir, 'c/x'), '')),
        ['c/x'],
      ],
    ] as const)('lists the files of a folder where one was %s', async (_name, change, found) => {
      await change();
      expect(await names()).toEqual(found);
    });

    it('lists a folder again as long as a change may have hidden in the tick of the last', async () => {
      await writeFile(join(dir, 'a/new.txt'), '');
      await names();
      expect(await names()).toEqual(['a/known.txt', 'a/new.txt']);
      await settle('a');
      await names();
      expect(await names()).toEqual([]);
    });

    it('lists all when asked to', async () => {
      expect(await watch?.scan()).toHaveLength(2);
    });
  });

  it('reports nothing once it is closed', async () => {
    const told: string[] = [];
    const closed = new FolderWatch(dir, { depth: 0, onFile: (path) => told.push(path) });
    await closed.scan();
    await start(dir, 0);
    closed.close();
    await closed.scan();
    await writeFile(join(dir, 'late.txt'), '');
    await untilSeen(join(dir, 'late.txt'));
    expect(told).toEqual([]);
  });

  it('waits for a root that does not exist yet', async () => {
    const root = join(dir, 'not/yet/there');
    expect(await start(root, 0)).toEqual([]);
    await mkdir(root, { recursive: true });
    await writeFile(join(root, 'first.txt'), '');
    await untilSeen(join(root, 'first.txt'));
  });
});
