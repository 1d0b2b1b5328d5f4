import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { testConfig } from '../../test/support/test-config.js';
import { GeminiCliAdapter } from '../agents/gemini-cli/gemini-cli.adapter.js';
import { FileSource } from './file-source.js';

const YOUNG_S = 2000;
const OLD_S = 1000;

let dir: string;
let source: FileSource;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'source-'));
  const config = testConfig(dir);
  const agent = new GeminiCliAdapter(config);
  const { sessions } = agent.layoutOf(dir);
  if (sessions.kind !== 'files') throw new Error('its sessions are no files');
  source = new FileSource(agent, dir, sessions, {
    tail: () => config.monitor,
    listOnlyBeforeMs: () => 1500 * 1000,
    onChange: () => undefined,
  });
});
afterEach(async () => {
  source.close();
  await rm(dir, { recursive: true, force: true });
});

async function chat(name: string, sessionId: string, touchedS: number): Promise<string> {
  const path = join(dir, 'tmp/project/chats', `session-${name}.jsonl`);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify({ sessionId, kind: 'main' })}\n`);
  await utimes(path, touchedS, touchedS);
  return path;
}
const idsOf = (sessions: Iterable<{ id: string }>) => [...sessions].map(({ id }) => id);

describe('FileSource', () => {
  it('gives the youngest first, and of those nobody touched for long only that they are there', async () => {
    await chat('1', 'middle', YOUNG_S);
    await chat('2', 'forgotten', OLD_S);
    await chat('3', 'youngest', YOUNG_S + 1);
    expect(idsOf(await source.scan())).toEqual(['youngest', 'middle']);
    expect(idsOf(source.sessions()).toSorted()).toEqual(['forgotten', 'middle', 'youngest']);
  });

  it('takes the newest of several files of one session, whatever their order', async () => {
    const names = ['1', '2', '3', '4', '5'];
    for (const name of names) await chat(name, 'one', YOUNG_S + Number(name));
    const newest = await chat('0', 'one', YOUNG_S + 100);
    expect((await source.scan()).map(({ path }) => path)).toEqual([newest]);
    const next = await chat('6', 'one', YOUNG_S + 200);
    expect((await source.scan()).map(({ path }) => path)).toEqual([next]);
  });

  it('gives again what changed since, and nothing else', async () => {
    const path = await chat('1', 'one', YOUNG_S);
    await chat('2', 'two', YOUNG_S);
    for (const session of await source.scan()) await session.advance();
    expect(await source.scan()).toEqual([]);
    await writeFile(path, 'more\n', { flag: 'a' });
    expect(idsOf(await source.scan())).toEqual(['one']);
  });

  it('lists hundreds of files', async () => {
    const ids = Array.from({ length: 300 }, (_, n) => `session ${n}`);
    for (const [n, id] of ids.entries()) await chat(String(n), id, YOUNG_S);
    expect(idsOf(await source.scan()).toSorted()).toEqual(ids.toSorted());
  });
});
