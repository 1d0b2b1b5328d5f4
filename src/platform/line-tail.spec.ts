import { appendFile, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LineTail } from './line-tail.js';

let dir: string;
let path: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tail-'));
  path = join(dir, 'log.jsonl');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const newTail = (options = {}) => new LineTail(path, { tailBytes: 1000, maxLineBytes: 500, ...options });

async function readAll(tail: LineTail) {
  const lines: string[] = [];
  const read = await tail.read((line) => lines.push(line));
  return { lines, read };
}

describe('LineTail', () => {
  it('gives whole lines once, and a partial one when its end has come', async () => {
    const tail = newTail();
    await writeFile(path, 'one\ntw');
    expect((await readAll(tail)).lines).toEqual(['one']);
    await appendFile(path, 'o\nthree\n');
    const { lines, read } = await readAll(tail);
    expect(lines).toEqual(['two', 'three']);
    expect(read).toMatchObject({ kind: 'read', bytes: 8, restarted: false });
    expect((await readAll(tail)).read).toMatchObject({ bytes: 0 });
  });

  it('keeps characters whole that arrive in two parts', async () => {
    const tail = newTail();
    const bytes = Buffer.from('{"a":"é…😀"}\n');
    const lines: string[] = [];
    for (const byte of bytes) {
      await appendFile(path, Buffer.from([byte]));
      await tail.read((line) => lines.push(line));
    }
    expect(lines).toEqual(['{"a":"é…😀"}']);
  });

  it('starts at the first whole line of the end of a large file', async () => {
    await writeFile(path, `${'x'.repeat(90)}\n`.repeat(100));
    const tail = newTail({ tailBytes: 200 });
    const { lines, read } = await readAll(tail);
    expect(lines).toEqual(['x'.repeat(90), 'x'.repeat(90)]);
    expect(read).toMatchObject({ bytes: 200, sizeBytes: 9100 });
    expect(tail.startedInside).toBe(true);
  });

  it('reads no further when the file was cut', async () => {
    const tail = newTail();
    await writeFile(path, 'one\ntwo\n');
    await readAll(tail);
    await truncate(path, 0);
    await appendFile(path, 'new\n');
    expect(await readAll(tail)).toMatchObject({ lines: [], read: { restarted: true } });
  });

  it('reads no further when another file took its place', async () => {
    const tail = newTail();
    await writeFile(path, 'one\n');
    await readAll(tail);
    await writeFile(`${path}.2`, 'other, and longer\n');
    await rename(`${path}.2`, path);
    expect(await readAll(tail)).toMatchObject({ lines: [], read: { restarted: true } });
  });

  it('passes over a line longer than the bound and counts it', async () => {
    const tail = newTail({ tailBytes: 10_000_000 });
    await writeFile(path, `a\n${'x'.repeat(600_000)}`);
    expect(await readAll(tail)).toMatchObject({ lines: ['a'], read: { skippedLines: 1 } });
    await appendFile(path, `${'x'.repeat(600)}\nb\n`);
    expect(await readAll(tail)).toMatchObject({ lines: ['b'], read: { skippedLines: 0 } });
  });

  it('gives what was appended in one piece, however long, in the order it was written', async () => {
    const tail = newTail({ tailBytes: 10_000_000 });
    await writeFile(path, '');
    await readAll(tail);
    for (const count of [3, 20_000]) {
      const lines = Array.from({ length: count }, (_, n) => `${n} ${'x'.repeat(100)}`);
      await appendFile(path, `${lines.join('\n')}\nhalf`);
      expect((await readAll(tail)).lines).toEqual(lines);
      await appendFile(path, ' done\n');
      expect((await readAll(tail)).lines).toEqual(['half done']);
    }
  });

  it('keeps the halves of lines of several files apart', async () => {
    const paths = ['a', 'b', 'c'].map((name) => join(dir, name));
    const tails = paths.map((each) => new LineTail(each, { tailBytes: 1000, maxLineBytes: 500 }));
    for (const each of paths) await writeFile(each, `half of ${each}`);
    await Promise.all(tails.map((tail) => readAll(tail)));
    for (const each of paths) await appendFile(each, ', and the rest\n');
    const read = await Promise.all(tails.map((tail) => readAll(tail)));
    expect(read.flatMap(({ lines }) => lines)).toEqual(paths.map((each) => `half of ${each}, and the rest`));
  });

  it('does not wait for the writer of a pipe', async () => {
    await promisify(execFile)('mkfifo', [path]);
    expect(await readAll(newTail())).toMatchObject({ lines: [], read: { bytes: 0 } });
  });

  it('says when a file is missing or unreadable, and goes on when it can be read', async () => {
    const tail = newTail();
    expect((await readAll(tail)).read).toEqual({ kind: 'missing' });
    await writeFile(path, 'one\n');
    expect((await readAll(tail)).lines).toEqual(['one']);
    const folder = new LineTail(dir, { tailBytes: 1, maxLineBytes: 1 });
    expect((await readAll(folder)).read).toEqual({ kind: 'unreadable', code: 'EISDIR' });
  });

  it('reads nothing but the end of 100 MB', async () => {
    await writeFile(path, '');
    await truncate(path, 100 * 1024 * 1024);
    await appendFile(path, '\nlast\n');
    expect(await readAll(newTail())).toMatchObject({ read: { bytes: 1000 } });
  });
});
