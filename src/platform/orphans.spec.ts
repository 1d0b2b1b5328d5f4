import { spawn } from 'node:child_process';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { until } from '../../test/support/until.js';
import { Orphans } from './orphans.js';

const orphans = new Orphans();
const env = { ...process.env, TOOL_OF_A_TEST: '1' };
let cwd: string;
beforeEach(async () => void (cwd = await realpath(await mkdtemp(join(tmpdir(), 'orphans-')))));
afterEach(async () => {
  for (const { pid } of orphans.in(cwd, 'TOOL_OF_A_TEST')) process.kill(pid, 'SIGKILL');
  await rm(cwd, { recursive: true, force: true });
});

describe('Orphans', () => {
  it('names what outlived its parent, without its arguments', async () => {
    // The shell has a child of its own and ends.
    spawn('sh', ['-c', 'sleep 60 & exit'], { cwd, env, stdio: 'ignore' });
    const check = async () => {
      const found = orphans.in(cwd, 'TOOL_OF_A_TEST');
      // For a moment the child is still the shell it was made from.
      return found.length > 0 && found.every(({ name }) => name !== 'sh') ? found : undefined;
    };
    const found = await until(check, { timeoutMs: 5000, failure: () => 'no orphan' });
    expect(found).toEqual([{ pid: expect.any(Number), name: 'sleep' }]);
    expect(orphans.in('/nowhere', 'TOOL_OF_A_TEST')).toEqual([]);
    expect(orphans.in(cwd, 'ANOTHER_VARIABLE')).toEqual([]);
  });

  it('leaves out what still has its parent', async () => {
    const child = spawn('sleep', ['60'], { cwd, env, stdio: 'ignore' });
    await new Promise((resolve) => child.once('spawn', resolve));
    expect(orphans.in(cwd, 'TOOL_OF_A_TEST')).toEqual([]);
    child.kill('SIGKILL');
  });
});
