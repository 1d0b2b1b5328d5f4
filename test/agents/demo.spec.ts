import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { until } from '../support/until.js';
import { endProcessesOf, processesOf } from './home-processes.js';

const DEMO = fileURLToPath(new URL('../../scripts/demo.mjs', import.meta.url));
const TIMEOUT_MS = 200_000;

jest.setTimeout(240_000);

describe('The demo', () => {
  let dir: string;
  let demo: ReturnType<typeof startDemo>;

  beforeEach(async () => {
    dir = await realpath(await mkdtemp(join(tmpdir(), 'demo-')));
    demo = startDemo(dir);
  });
  afterEach(async () => {
    demo.child.kill('SIGKILL');
    await endProcessesOf(dir);
    await rm(dir, { recursive: true });
  });

  it('shows a save, says so, and leaves nothing behind', async () => {
    await demo.exit;
    expect(demo.text()).toMatch(/nothing leaves this machine[^]*\d+ s to go[^]*npm start/);
    expect(auditIn(demo.text())).toEqual([
      ...['detected', 'planned', 'waiting', 'gated', 'preflight', 'resuming', 'verifying', 'saved'],
    ]);
    expect(demo.text()).toContain('alpha, beta, gamma, delta');
    expect(demo.text()).toContain('one resume, 6 requests, none of them during the wait');
    expect(demo.child.exitCode).toBe(0);
    expect(await processesOf(dir)).toEqual([]);
    expect(await readdir(dir)).toEqual([]);
  });

  it('cleans up where it is interrupted', async () => {
    await until(async () => (demo.text().includes('s to go') ? true : undefined), {
      timeoutMs: TIMEOUT_MS,
      failure: () => `The demo did not come to its wait:\n${demo.text()}`,
    });
    demo.child.kill('SIGINT');
    await demo.exit;
    expect(demo.text()).toMatch(/Interrupted; cleaning up …\n$/);
    expect(demo.child.exitCode).toBe(130);
    expect(await processesOf(dir)).toEqual([]);
    expect(await readdir(dir)).toEqual([]);
  });
});

/** The demo with a temporary folder of its own, where what it leaves behind is seen. */
function startDemo(dir: string) {
  const child = spawn(process.execPath, [DEMO], { env: { ...process.env, TMPDIR: dir } });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => (printed += chunk));
  }
  return { child, exit: once(child, 'close'), text: () => printed };
}

function auditIn(text: string): string[] {
  const lines = text.split('The audit trail of the episode:\n')[1]?.split('\n\n')[0]?.split('\n') ?? [];
  return lines.map((line) => line.trim().split(/\s+/)[1] ?? '');
}
