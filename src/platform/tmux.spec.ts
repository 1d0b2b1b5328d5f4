import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { until } from '../../test/support/until.js';
import { LocalProcessHost } from './local-process-host.js';
import { Tmux } from './tmux.js';

const run = promisify(execFile);
const tmux = new Tmux(new LocalProcessHost());
let dir: string;
let socket: string;
let others: ChildProcess[];
const server = async (...args: string[]) => (await run('tmux', ['-S', socket, ...args])).stdout.trim();

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tmux-'));
  socket = join(dir, `s-${randomUUID().slice(0, 8)}`);
  others = [];
});
afterEach(async () => {
  others.forEach((child) => child.kill('SIGKILL'));
  await server('kill-server').catch(() => undefined);
  await rm(dir, { recursive: true, force: true });
});

/** A pane with that command; gives the pid of the command itself, which a shell has started. */
async function paneWith(command: string): Promise<number> {
  await server('-f', '/dev/null', 'new-session', '-d', '-x', '80', '-y', '20', 'bash --norc --noprofile -i');
  await server('send-keys', '-l', `exec 2>&1; ${command}`);
  await server('send-keys', 'Enter');
  const panePid = await server('display-message', '-p', '#{pane_pid}');
  const check = async () => {
    const children = await run('pgrep', ['-P', panePid]).catch(() => ({ stdout: '' }));
    return Number(children.stdout.trim().split('\n')[0]) || undefined;
  };
  return until(check, { timeoutMs: 10_000, failure: () => 'the command did not start' });
}

describe('Tmux', () => {
  it('finds the pane a process runs in, types there, and reads it', async () => {
    const pid = await paneWith('cat');
    const pane = await tmux.paneOf(pid);
    expect(pane).toMatchObject({ socket });
    if (pane === undefined) return;
    await tmux.type(pane, "it's -- $HOME; done");
    await tmux.press(pane, 'Enter');
    const check = async () =>
      (await tmux.screen(pane)).split("it's -- $HOME; done").length > 2 ? true : undefined;
    await until(check, { timeoutMs: 5000, failure: () => 'cat did not answer' });
  });

  it('leaves copy mode first, in which keys do not reach the program', async () => {
    const pane = await tmux.paneOf(await paneWith('cat'));
    await server('copy-mode');
    if (pane === undefined) throw new Error('no pane');
    await tmux.type(pane, 'hello');
    expect(await server('display-message', '-p', '#{pane_in_mode}')).toBe('0');
    const check = async () => ((await tmux.screen(pane)).includes('hello') ? true : undefined);
    await until(check, { timeoutMs: 5000, failure: () => 'nothing was typed' });
  });

  it('finds none for a process in the background: the shell would take the keys', async () => {
    expect(await tmux.paneOf(await paneWith('sleep 60 &'))).toBeUndefined();
  });

  it('finds none for a process that has the environment of a pane, but is not in it', async () => {
    await paneWith('cat');
    const paneId = await server('display-message', '-p', '#{pane_id}');
    const env = { ...process.env, TMUX: `${socket},1,0`, TMUX_PANE: paneId };
    const child = spawn('sleep', ['60'], { env, stdio: 'ignore', detached: true });
    others.push(child);
    expect(await tmux.paneOf(child.pid ?? 0)).toBeUndefined();
  });

  it('finds none where there is no tmux at all', async () => {
    expect(await tmux.paneOf(process.pid)).toBeUndefined();
    expect(await tmux.paneOf(999_999_999)).toBeUndefined();
  });
});
