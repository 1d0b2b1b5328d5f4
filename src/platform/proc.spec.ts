import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LocalProcessHost } from './local-process-host.js';
import { argvOf, cwdOf, descriptorsOf, environmentOf, listPids, readStat, startedMsOf } from './proc.js';

const GONE = 2 ** 22 + 1;

let dir: string;
let child: ChildProcess;

/** A shell that has said that it runs. */
async function start(command: string, args: readonly string[], env = {}): Promise<number> {
  child = spawn(command, args, { cwd: dir, env: { PATH: process.env['PATH'], ...env } });
  if (child.stdout === null || child.pid === undefined) throw new Error(`${command} was not started`);
  await once(child.stdout, 'data');
  return child.pid;
}

beforeEach(async () => {
  dir = await realpath(await mkdtemp(join(tmpdir(), 'proc-')));
});
afterEach(async () => {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await rm(dir, { recursive: true, force: true });
});

describe('/proc', () => {
  it('tells how a process was started, where, and when', async () => {
    const beforeMs = Date.now();
    const script = 'echo ready; read x';
    const pid = await start('/bin/sh', ['-c', script, 'a name', ''], { PAL_TEST: 'a=b c' });
    expect(argvOf(pid).slice(0, 4)).toEqual(['/bin/sh', '-c', script, 'a name']);
    expect(environmentOf(pid)).toContain('PAL_TEST=a=b c');
    expect(cwdOf(pid)).toBe(dir);
    expect(listPids()).toContain(pid);
    expect(Math.abs((startedMsOf(pid) ?? 0) - beforeMs)).toBeLessThan(3000);
  });

  it('reads the state of a program whose name looks like more fields', async () => {
    const name = join(dir, 'a) S 1 (b');
    await symlink('/bin/sh', name);
    const pid = await start(name, ['-c', 'echo ready; read x']);
    const [odd, own] = [readStat(pid), readStat(process.pid)];
    expect(odd).toMatchObject({ state: expect.stringMatching(/^[RSD]$/), session: own?.session });
    expect(Number(odd?.start)).toBeGreaterThanOrEqual(Number(own?.start));
  });

  it('tells what is open', async () => {
    const pid = await start('/bin/sh', ['-c', 'exec 9>held; echo ready; read x']);
    expect(descriptorsOf(pid)).toContain(join(dir, 'held'));
  });

  it('says nothing of a process that is gone', async () => {
    child = spawn('/bin/sh', ['-c', 'exit']);
    await once(child, 'exit');
    for (const pid of [child.pid ?? 0, GONE]) {
      expect([readStat(pid), cwdOf(pid), startedMsOf(pid)]).toEqual([undefined, undefined, undefined]);
      expect([argvOf(pid), environmentOf(pid), descriptorsOf(pid)]).toEqual([[], [], []]);
    }
  });
});

describe('LocalProcessHost.list', () => {
  it('gives the processes that are wanted, with their folder and start', async () => {
    const pid = await start('/bin/sh', ['-c', 'echo ready; read x', 'pal-proc-spec']);
    const asked: string[][] = [];
    const found = await new LocalProcessHost().list((argv) => {
      asked.push([...argv]);
      return argv.includes('pal-proc-spec');
    });
    expect(found).toEqual([
      {
        pid,
        argv: ['/bin/sh', '-c', 'echo ready; read x', 'pal-proc-spec'],
        cwd: dir,
        startedMs: startedMsOf(pid),
      },
    ]);
    expect(asked.every(({ length }) => length > 0)).toBe(true);
  });
});
