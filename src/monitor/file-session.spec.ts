import { appendFile, mkdir, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PlainAgent } from '../../test/support/plain-agent.js';
import { FileSession } from './file-session.js';

const TAIL_BYTES = 100;
const LINE = '{"version":"1"}\n';
const CWD = '{"cwd":"/project"}\n';

let dir: string;
let path: string;
let agent: PlainAgent;
let session: FileSession;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'file-session-'));
  path = join(dir, 's.jsonl');
  agent = new PlainAgent();
  session = new FileSession('s', agent, dir, path, () => ({ tailBytes: TAIL_BYTES, maxLineBytes: 1000 }));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const lastFold = () => {
  const fold = agent.folds.at(-1);
  if (fold === undefined) throw new Error('nothing was folded');
  return fold;
};
/** So many bytes of records that say little. */
const filler = (sizeBytes: number) => LINE.repeat(Math.ceil(sizeBytes / LINE.length));

describe('FileSession', () => {
  it('holds next to nothing until it is read', () => {
    session.noteFile(5, 7);
    expect(session).toMatchObject({ isKnown: false, sizeBytes: 5, modifiedMs: 7 });
    expect(session.view()).toEqual({ turn: { kind: 'none' } });
    expect(agent.folds).toEqual([]);
  });

  it('reads a short file whole, and then what is new, line by line', async () => {
    await writeFile(path, `${CWD}{"model":"a"}\n`);
    expect(await session.advance()).toEqual({ kind: 'read', bytes: CWD.length + 14 });
    expect(session).toMatchObject({ isKnown: true, sizeBytes: CWD.length + 14 });
    await appendFile(path, '{"model":');
    await session.advance();
    expect(session.view()).toMatchObject({ cwd: '/project', model: 'a' });
    await appendFile(path, '"b"}\n{"effort":"low"}\n');
    await session.advance();
    expect(session.view()).toMatchObject({ cwd: '/project', model: 'b', effort: 'low' });
    expect(await session.advance()).toEqual({ kind: 'read', bytes: 0 });
    expect(agent.folds).toHaveLength(1);
    expect(lastFold().heads).toEqual([]);
  });

  it('reads the end of a long file only, where that says enough, and hands over its head', async () => {
    await writeFile(path, `{"model":"first"}\n${filler(10_000)}${CWD}`);
    expect(await session.advance()).toEqual({ kind: 'read', bytes: TAIL_BYTES });
    expect(session.view()).toEqual({ turn: { kind: 'none' }, version: '1', cwd: '/project' });
    const [head = ''] = lastFold().heads;
    expect(head).toHaveLength(4096);
    expect(head.startsWith('{"model":"first"}\n')).toBe(true);
  });

  it.each([1, 4, 16, 64])('reaches back up to %d times as far for what a resume needs', async (growth) => {
    const reach = TAIL_BYTES * growth;
    await writeFile(path, `${filler(20_000)}${CWD}${filler(reach - CWD.length - 2 * LINE.length)}`);
    expect(await session.advance()).toEqual({ kind: 'read', bytes: reach });
    expect(session.view().cwd).toBe('/project');
  });

  it('reaches back no further than that', async () => {
    await writeFile(path, `${CWD}${filler(TAIL_BYTES * 70)}`);
    expect(await session.advance()).toEqual({ kind: 'read', bytes: TAIL_BYTES * 64 });
    expect(session.view()).toEqual({ turn: { kind: 'none' }, version: '1' });
    expect(session.isKnown).toBe(true);
    expect(await session.advance()).toEqual({ kind: 'read', bytes: 0 });
  });

  it('folds each record of a file once, however often it reached back', async () => {
    await writeFile(path, `${CWD}${filler(TAIL_BYTES * 10)}{"model":"end"}\n`);
    await session.advance();
    expect(lastFold().lines.filter((line) => line.includes('end'))).toHaveLength(1);
  });

  it.each([
    [
      'replaced',
      async () => {
        await writeFile(join(dir, 'new'), '{"model":"new"}\n'.repeat(9));
        await rename(join(dir, 'new'), path);
      },
    ],
    [
      'cut and written anew',
      async () => {
        await truncate(path, 0);
        await appendFile(path, '{"model":"new"}\n');
      },
    ],
  ])('reads a file that was %s anew, and forgets what it said before', async (_name, change) => {
    await writeFile(path, `${CWD}{"effort":"low"}\n`);
    await session.advance();
    await change();
    await session.advance();
    expect(session.view()).toEqual({ turn: { kind: 'none' }, model: 'new' });
  });

  it('goes on in another file, which it reads anew', async () => {
    await writeFile(path, CWD);
    await session.advance();
    const other = join(dir, 'other.jsonl');
    await writeFile(other, '{"model":"other"}\n');
    session.moveTo(other);
    expect(session.path).toBe(other);
    expect(session.view().cwd).toBe('/project');
    await session.advance();
    expect(session.view()).toEqual({ turn: { kind: 'none' }, model: 'other' });
  });

  it('tells a file that is gone from one that cannot be read, and keeps what it knows', async () => {
    await writeFile(path, CWD);
    await session.advance();
    await rm(path);
    expect(await session.advance()).toEqual({ kind: 'missing' });
    await mkdir(path);
    expect(await session.advance()).toMatchObject({
      kind: 'unreadable',
      trouble: 'cannot be read (EISDIR); the session is not watched meanwhile',
    });
    expect(session.view().cwd).toBe('/project');
  });

  it('says how many lines were too long, each time some were', async () => {
    await writeFile(path, `${CWD}${'x'.repeat(2000)}\n`);
    const read = await session.advance();
    expect(read).toMatchObject({
      kind: 'read',
      trouble: expect.stringMatching(/^1 lines longer than monitor\.max/),
    });
    await appendFile(path, LINE);
    expect(await session.advance()).not.toHaveProperty('trouble');
    expect(session.view()).toMatchObject({ version: '1' });
  });
});
