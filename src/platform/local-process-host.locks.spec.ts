import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { until } from '../../test/support/until.js';
import { LocalProcessHost } from './local-process-host.js';

const host = new LocalProcessHost();
const children: ChildProcess[] = [];
let dir: string;

beforeEach(async () => {
  dir = await realpath(await mkdtemp(join(tmpdir(), 'locks-')));
});
afterEach(async () => {
  await Promise.all(children.splice(0).map(end));
  await rm(dir, { recursive: true, force: true });
});

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** A process of its own, which has said its first line. */
async function start(
  command: string,
  ...args: readonly string[]
): Promise<{ child: ChildProcess; said: string }> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  const [said] = await once(child.stdout, 'data');
  return { child, said: String(said).trim() };
}

/** `flock` becomes the program it is to run, so that the one that holds the lock is the one we started. */
const lock = (path: string) => start('flock', '--no-fork', path, 'sh', '-c', 'echo held; read x');

describe('LocalProcessHost.lockHolders', () => {
  it('names the process that holds a lock, of those files that are locked', async () => {
    const [held, free] = [join(dir, 'held.lock'), join(dir, 'free.lock')];
    await writeFile(free, '');
    const { child } = await lock(held);
    expect(await host.lockHolders([held, free, join(dir, 'gone.lock')])).toEqual(
      new Map([[held, child.pid]]),
    );
    await end(child);
    expect(await host.lockHolders([held])).toEqual(new Map());
    expect(await host.lockHolders([])).toEqual(new Map());
  });

  it('does not name one that only waits for it', async () => {
    const path = join(dir, 'held.lock');
    const { child } = await lock(path);
    const waiting = spawn('flock', [path, 'true']);
    children.push(waiting);
    await untilWaiting(waiting);
    expect(await host.lockHolders([path])).toEqual(new Map([[path, child.pid]]));
  });

  it('finds it through a link to its folder, too', async () => {
    await mkdir(join(dir, 'real'));
    await symlink('real', join(dir, 'link'));
    const { child } = await lock(join(dir, 'real/held.lock'));
    const path = join(dir, 'link/held.lock');
    expect(await host.lockHolders([path])).toEqual(new Map([[path, child.pid]]));
  });
});

describe('LocalProcessHost.listeningPorts', () => {
  it('names the ports on which a process listens, each once, and no other', async () => {
    const script = `
      const net = require('node:net');
      const servers = ['127.0.0.1', '127.0.0.1'].map((host) => net.createServer().listen(0, host));
      Promise.all(servers.map((server) => new Promise((done) => server.once('listening', done)))).then(() => {
        const [one, two] = servers.map((server) => server.address().port);
        const same = net.createServer().listen(one, '::1');
        same.once('error', () => console.log(one, two));
        same.once('listening', () => console.log(one, two));
      });`;
    const { child, said } = await start(process.execPath, '-e', script);
    const ports = said.split(' ').map(Number).toSorted();
    expect((await host.listeningPorts(child.pid ?? 0)).toSorted()).toEqual(ports);
    const other = await listen();
    expect(await host.listeningPorts(child.pid ?? 0)).toHaveLength(2);
    expect(await host.listeningPorts(process.pid)).toContain(portOf(other));
    await new Promise((closed) => other.close(closed));
    await end(child);
    expect(await host.listeningPorts(child.pid ?? 0)).toEqual([]);
  });
});

async function untilWaiting({ pid }: ChildProcess): Promise<void> {
  const waits = new RegExp(`-> FLOCK .* ${pid} `);
  const check = async () => waits.test(await readFile('/proc/locks', 'utf8')) || undefined;
  await until(check, { timeoutMs: 5000, failure: () => `process ${pid} does not wait for a lock` });
}

async function listen(): Promise<Server> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it does not listen on a port');
  return address.port;
}
