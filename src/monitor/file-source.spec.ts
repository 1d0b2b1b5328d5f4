import { appendFile, mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PlainAgent } from '../../test/support/plain-agent.js';
import { until } from '../../test/support/until.js';
import { FileSource } from './file-source.js';
import type { TrackedSession } from './tracked-session.js';

const RECORD = '{"cwd":"/project"}\n';
const SWEEP_EVERY = 20;
/** Files older than this are only listed. */
const LIST_ONLY_BEFORE_S = 1000;

let dir: string;
let source: FileSource;
let changed: string[];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'file-source-'));
  changed = [];
  open(0);
});
afterEach(async () => {
  source.close();
  await rm(dir, { recursive: true, force: true });
});

function open(depth: number): void {
  source = new FileSource(
    new PlainAgent(),
    '/home',
    { kind: 'files', folder: { path: dir, depth } },
    {
      tail: () => ({ tailBytes: 1000, maxLineBytes: 1000 }),
      listOnlyBeforeMs: () => LIST_ONLY_BEFORE_S * 1000,
      onChange: ({ id }) => changed.push(id),
    },
  );
}

/** A file last written at a second of the epoch, which appears at once as it is to be. */
async function file(name: string, atS: number, text = RECORD): Promise<string> {
  const path = join(dir, name);
  const made = `${dir}.${basename(name)}`;
  await writeFile(made, text);
  await utimes(made, atS, atS);
  await rename(made, path);
  return path;
}
const idsOf = (sessions: Iterable<TrackedSession>) => [...sessions].map(({ id }) => id);
const scanned = async () => idsOf(await source.scan());
/** Looks, and reads what there is to read. */
async function read(): Promise<readonly string[]> {
  const sessions = await source.scan();
  await Promise.all(sessions.map((session) => session.advance()));
  return idsOf(sessions);
}
const pathOf = (id: string) => [...source.sessions()].find((session) => session.id === id)?.path;
const untilChanged = (id: string) =>
  until(async () => changed.includes(id) || undefined, {
    timeoutMs: 5000,
    failure: () => `${id} did not change; ${changed.join()} did`,
  });

describe('FileSource', () => {
  it('finds the sessions there are, the newest first, and no other files', async () => {
    await file('old.jsonl', 2000);
    await file('new.jsonl', 4000);
    await file('middle.jsonl', 3000);
    await file('notes.txt', 5000);
    expect(await scanned()).toEqual(['new', 'middle', 'old']);
    expect([...source.sessions()][0]).toMatchObject({ home: '/home', isKnown: false });
  });

  it('only lists what nobody touched for long, until it changes', async () => {
    const path = await file('old.jsonl', LIST_ONLY_BEFORE_S - 1);
    await file('new.jsonl', LIST_ONLY_BEFORE_S);
    expect(await read()).toEqual(['new']);
    expect(idsOf(source.sessions()).toSorted()).toEqual(['new', 'old']);
    await appendFile(path, RECORD);
    await untilChanged('old');
  });

  it('gives what changed since the last look: grown, new, gone, and nothing else', async () => {
    const grown = await file('grown.jsonl', 2000);
    const gone = await file('gone.jsonl', 2001);
    await file('same.jsonl', 2002);
    expect(await read()).toHaveLength(3);
    expect(await read()).toEqual([]);
    await appendFile(grown, RECORD);
    await rm(gone);
    await file('fresh.jsonl', 3000);
    expect((await scanned()).toSorted()).toEqual(['fresh', 'gone', 'grown']);
  });

  it('keeps giving a session whose file is gone, until it is forgotten', async () => {
    await file('s.jsonl', 2000);
    await read();
    await rm(join(dir, 's.jsonl'));
    const [session] = await source.scan();
    expect(await session?.advance()).toEqual({ kind: 'missing' });
    expect(await scanned()).toEqual(['s']);
    source.forget('s');
    expect([await scanned(), idsOf(source.sessions())]).toEqual([[], []]);
    await file('s.jsonl', 3000);
    expect(await scanned()).toEqual(['s']);
  });

  it('now and then looks at files that seem to sleep, too', async () => {
    const path = await file('old.jsonl', 1);
    await utimes(dir, 1, 1);
    expect(await scanned()).toEqual([]);
    // As if the system had dropped the event: the folder shows no change.
    await utimes(path, 2000, 2000);
    const found: number[] = [];
    for (let look = 1; look <= SWEEP_EVERY; look += 1) if ((await scanned()).length > 0) found.push(look);
    expect(found).toEqual([SWEEP_EVERY]);
  });

  it('names sessions by the first line of a file where its name does not tell, once that is there', async () => {
    await file('a.unnamed', 2000, '{"sessionId":"s');
    expect(await scanned()).toEqual([]);
    await appendFile(join(dir, 'a.unnamed'), '1"}\n');
    await untilChanged('s1');
    expect(pathOf('s1')).toBe(join(dir, 'a.unnamed'));
    await file('b.unnamed', 2000, '{"other":1}\n');
    expect(idsOf(source.sessions())).toEqual(['s1']);
  });

  it.each([
    ['first', ['1.unnamed', '2.unnamed']],
    ['last', ['2.unnamed', '1.unnamed']],
  ])(
    'of several files of one session takes the newest, listed %s',
    async (_name, [newer = '', older = '']) => {
      await file(newer, 3000, '{"sessionId":"s"}\n{"model":"new"}\n');
      await file(older, 2000, '{"sessionId":"s"}\n{"model":"old"}\n');
      expect(await read()).toEqual(['s']);
      expect(pathOf('s')).toBe(join(dir, newer));
      expect([...source.sessions()][0]?.view().model).toBe('new');
      expect(await read()).toEqual([]);
    },
  );

  it('follows a session that goes on in another file, and not one that is older', async () => {
    await file('1.unnamed', 2000, '{"sessionId":"s"}\n');
    await read();
    await file('0.unnamed', 1500, '{"sessionId":"s"}\n');
    await read();
    expect(pathOf('s')).toBe(join(dir, '1.unnamed'));
    await file('2.unnamed', 3000, '{"sessionId":"s"}\n{"model":"moved"}\n');
    expect(await read()).toEqual(['s']);
    expect(pathOf('s')).toBe(join(dir, '2.unnamed'));
    expect([...source.sessions()][0]?.view().model).toBe('moved');
  });

  it('tells of changes as they happen, also in folders that are new', async () => {
    open(1);
    await source.scan();
    await mkdir(join(dir, 'project'));
    const path = await file('project/s.jsonl', 2000);
    await untilChanged('s');
    changed = [];
    await appendFile(path, RECORD);
    await untilChanged('s');
  });

  it('is not kept from the others by a file that cannot be looked at', async () => {
    await symlink('loop.jsonl', join(dir, 'loop.jsonl'));
    await symlink('nowhere', join(dir, 'dangling.jsonl'));
    await file('s.jsonl', 2000);
    expect(await scanned()).toEqual(['s']);
    await symlink('late.jsonl', join(dir, 'late.jsonl'));
    await file('t.jsonl', 2000);
    await untilChanged('t');
  });

  it('lists many files without holding up the process', async () => {
    await Promise.all(Array.from({ length: 600 }, (_, index) => file(`${index}.jsonl`, 2000 + index)));
    let turns = 0;
    let isDone = false;
    const count = (): void => {
      turns += 1;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    const found = await scanned();
    isDone = true;
    expect(found).toHaveLength(600);
    expect(found[0]).toBe('599');
    expect(turns).toBeGreaterThan(1);
  });
});
