import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SystemProbe } from './system-probe.js';

let dir: string;
let path: string;
const probe = new SystemProbe();
const before = process.env['PATH'];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'probe-'));
  path = join(dir, 'agent');
  process.env['PATH'] = `${dir}${delimiter}${before ?? ''}`;
});
afterEach(async () => {
  process.env['PATH'] = before;
  await rm(dir, { recursive: true, force: true });
});

async function program(script: string): Promise<void> {
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
}

describe('SystemProbe', () => {
  it('tells folders from files and from nothing', async () => {
    await writeFile(path, 'text');
    expect(await probe.isFolder(dir)).toBe(true);
    expect(await probe.isFolder(path)).toBe(false);
    expect(await probe.isFolder(join(dir, 'no'))).toBe(false);
  });

  it('reads the beginning of a file', async () => {
    await writeFile(path, 'x'.repeat(100_000));
    expect(await probe.textOf(path)).toHaveLength(65_536);
    expect(await probe.textOf(dir)).toBeUndefined();
    expect(await probe.textOf(join(dir, 'no'))).toBeUndefined();
  });

  it('tells how much room there is, also where a path is still to be', async () => {
    expect(await probe.freeBytes(dir)).toBeGreaterThan(0);
    expect(await probe.freeBytes(join(dir, 'a/b/c'))).toBeGreaterThan(0);
  });

  it('finds programs by name and by path, not what cannot be run', async () => {
    await program('true');
    expect(await probe.findProgram('agent')).toEqual({ kind: 'found', path });
    expect(await probe.findProgram(path)).toEqual({ kind: 'found', path });
    expect(await probe.findProgram(dir)).toEqual({ kind: 'missing' });
    await chmod(path, 0o644);
    expect(await probe.findProgram('agent')).toEqual({ kind: 'missing' });
    expect(await probe.findProgram('no-such-agent')).toEqual({ kind: 'missing' });
  });

  it('asks a program for its version once, and again when it was replaced', async () => {
    await program('echo "$1" >> "$0.asked"; cat; echo agent 1.2.3');
    expect(await probe.tryProgram('agent', 10_000)).toEqual({ kind: 'runs', path, version: 'agent 1.2.3' });
    expect(await probe.tryProgram('agent', 10_000)).toEqual({ kind: 'runs', path, version: 'agent 1.2.3' });
    expect(await readFile(`${path}.asked`, 'utf8')).toBe('--version\n');
    await program('echo broken >&2; exit 3');
    expect(await probe.tryProgram('agent', 10_000)).toEqual({
      kind: 'fails',
      path,
      why: expect.stringContaining('broken'),
    });
    expect(await probe.tryProgram('no-such-agent', 10_000)).toEqual({ kind: 'missing' });
  });

  it('gives a program that hangs no more than its time', async () => {
    await program('exec sleep 60');
    expect(await probe.tryProgram('agent', 200)).toMatchObject({
      kind: 'fails',
      why: 'it does not tell its version within 0.2 s',
    });
  });

  it('knows which variables are set', () => {
    expect(probe.isSet('PATH')).toBe(true);
    expect(probe.isSet('PALINGENESIS_NO_SUCH_VARIABLE')).toBe(false);
  });
});
