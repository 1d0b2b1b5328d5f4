import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { anEpisode } from '../../test/support/an-episode.js';
import { openDatabase } from './database.js';
import { EpisodeRepository } from './episode.repository.js';
import { openOrReplace } from './open-or-replace.js';

let dir: string;
let path: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'damaged-'));
  path = join(dir, 'palingenesis.db');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function isUsable(): Promise<boolean> {
  const db = await openOrReplace(path, 7);
  const created = await new EpisodeRepository(db).create(anEpisode());
  await db.destroy();
  return created;
}

describe('a damaged database', () => {
  it('that is none is kept aside, and a new one begun', async () => {
    await writeFile(path, 'this is no database, whoever wrote it here');
    expect(await isUsable()).toBe(true);
    expect(await readFile(`${path}.damaged-7`, 'utf8')).toContain('no database');
  });

  it('that is broken in the middle is kept aside, and a new one begun', async () => {
    await (await openDatabase(path)).destroy();
    const bytes = await readFile(path);
    await writeFile(path, bytes.fill(0xff, 100, 4096));
    expect(await isUsable()).toBe(true);
    expect(await readdir(dir)).toContain('palingenesis.db.damaged-7');
  });

  it('is told from one that is fine, and from a folder', async () => {
    expect(await isUsable()).toBe(true);
    expect(await isUsable()).toBe(false);
    await rm(path);
    await mkdir(path);
    await expect(openOrReplace(path, 7)).rejects.toThrow();
    expect(await readdir(dir)).not.toContain('palingenesis.db.damaged-7');
  });
});
