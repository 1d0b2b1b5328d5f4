import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Command } from '../core/ports/process-host.js';
import { until } from '../../test/support/until.js';
import { LocalProcessHost } from './local-process-host.js';

const host = new LocalProcessHost();
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'host-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const output = () => ({ stdoutPath: join(dir, 'out'), stderrPath: join(dir, 'err') });
const shell = (script: string, change: Partial<Command> = {}): Command => ({
  file: 'sh',
  args: ['-c', script],
  cwd: dir,
  env: {},
  stdin: '',
  ...change,
});

describe('LocalProcessHost', () => {
  it('runs a command in its folder, the prompt by stdin, the output in files', async () => {
    const command = shell('cat; pwd; echo oops >&2; exit 3', { stdin: 'hello\n' });
    const { exit } = await host.start(command, output());
    expect(await exit).toEqual({ code: 3 });
    expect(await readFile(join(dir, 'out'), 'utf8')).toBe(`hello\n${dir}\n`);
    expect(await readFile(join(dir, 'err'), 'utf8')).toBe('oops\n');
  });

  it('tells a process from another that got its pid', async () => {
    const { exit, ...ref } = await host.start(shell('read x'), output());
    await exit;
    expect(host.isAlive(ref)).toBe(false);
    const own = { pid: process.pid };
    expect(host.isAlive(own)).toBe(true);
    expect(host.isAlive({ ...own, procStart: '1' })).toBe(false);
  });

  it('finds a process by its variable, not the tools that inherited it', async () => {
    const started = await host.start(shell('sleep 30 & wait', { env: { PAL_TEST: 'abc' } }), output());
    expect(host.findByEnv('PAL_TEST', 'abc')).toEqual({ pid: started.pid, procStart: started.procStart });
    expect(host.findByEnv('PAL_TEST', 'ab')).toBeUndefined();
    host.signalGroup(started, 'SIGKILL');
    expect(await started.exit).toEqual({ signal: 'SIGKILL' });
  });

  it('ends the whole group', async () => {
    const started = await host.start(shell('sleep 30 & echo $! > child; wait'), output());
    const child = await until(
      async () => Number(await readFile(join(dir, 'child'), 'utf8').catch(() => '')) || undefined,
      { failure: () => 'no child was started', timeoutMs: 5000 },
    );
    host.signalGroup(started, 'SIGTERM');
    await started.exit;
    await until(() => Promise.resolve(!host.isAlive({ pid: child }) || undefined), {
      failure: () => 'the child outlived its group',
      timeoutMs: 5000,
    });
  });

  it('says what is missing: the program or the folder', async () => {
    const noProgram = host.start(shell('', { file: 'no-such-agent' }), output());
    await expect(noProgram).rejects.toMatchObject({
      code: 'agent-unavailable',
      message: expect.stringContaining("'no-such-agent'"),
    });
    const noFolder = host.start(shell('', { cwd: join(dir, 'nowhere') }), output());
    await expect(noFolder).rejects.toMatchObject({ message: expect.stringContaining('no such folder') });
  });
});
