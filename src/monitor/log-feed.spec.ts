import { appendFile, mkdir, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeClock } from '../../test/support/fake-clock.js';
import { PlainAgent } from '../../test/support/plain-agent.js';
import { until } from '../../test/support/until.js';
import type { Signal } from '../core/signal.js';
import { LogFeed } from './log-feed.js';

const TAIL_BYTES = 100;

let dir: string;
let path: string;
let clock: FakeClock;
let feed: LogFeed;
let told: Signal[];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'log-feed-'));
  path = join(dir, 'log/agent.log');
  await mkdir(join(dir, 'log'));
  clock = new FakeClock();
  told = [];
  feed = new LogFeed(
    new PlainAgent(),
    path,
    { tailBytes: TAIL_BYTES, maxLineBytes: 1000 },
    clock,
    (signals) => told.push(...signals),
  );
});
afterEach(async () => {
  feed.close();
  await rm(dir, { recursive: true, force: true });
});

const names = () => told.map(({ sessionId }) => sessionId);
const untilTold = (line: string) =>
  until(async () => names().includes(line) || undefined, {
    timeoutMs: 3000,
    failure: () => `${line} was not told; ${names().join()} were`,
  });

describe('LogFeed', () => {
  it('reads the end of what is there, and then each line as it is written', async () => {
    await writeFile(path, `${'old line\n'.repeat(1000)}last\n`);
    await feed.start();
    expect(names().at(-1)).toBe('last');
    expect(names().length).toBeLessThan((64 * TAIL_BYTES) / 9 + 1);
    await appendFile(path, 'ha');
    await appendFile(path, 'lf\nnext\n');
    await untilTold('next');
    expect(names().slice(-2)).toEqual(['half', 'next']);
    expect(told.at(-1)?.atMs).toBe(clock.nowMs());
  });

  it('tells each line once, however many ask', async () => {
    await writeFile(path, 'a\nb\n');
    await Promise.all([feed.start(), feed.read(), feed.read()]);
    await feed.read();
    expect(names()).toEqual(['a', 'b']);
  });

  it.each([
    ['is cut', () => truncate(path, 0)],
    ['is put away for a new one', () => rename(path, `${path}.1`)],
  ])('goes on where the log %s', async (_name, change) => {
    await writeFile(path, 'before\nand more of it\n');
    await feed.start();
    await change();
    await appendFile(path, 'after\n');
    await untilTold('after');
    expect(names().filter((name) => name === 'before')).toHaveLength(1);
  });

  it('waits for a log that is not there yet, and minds no other file', async () => {
    await rm(join(dir, 'log'), { recursive: true });
    await feed.start();
    await mkdir(join(dir, 'log'));
    await writeFile(join(dir, 'log/other.log'), 'other\n');
    await writeFile(path, 'first\n');
    await untilTold('first');
    expect(names()).toEqual(['first']);
  });

  it('is not ended by a log that cannot be read', async () => {
    await mkdir(path);
    await feed.start();
    await rm(path, { recursive: true });
    await writeFile(path, 'again\n');
    await untilTold('again');
  });
});
