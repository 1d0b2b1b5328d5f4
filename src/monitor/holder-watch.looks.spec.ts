import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { testConfig } from '../../test/support/test-config.js';
import { until } from '../../test/support/until.js';
import { ClaudeCodeAdapter } from '../agents/claude-code/claude-code.adapter.js';
import { CodexAdapter } from '../agents/codex/codex.adapter.js';
import { GeminiCliAdapter } from '../agents/gemini-cli/gemini-cli.adapter.js';
import type { Agent } from '../core/ports/agent.js';
import type { ProcessHost, ProcessInfo, ProcessRef } from '../core/ports/process-host.js';
import { newHolderWatch, type HolderWatch } from './holder-watch.js';

const ID = '01a20339-1c5d-7340-991c-7ac288916846';
const view = { turn: { kind: 'none' as const }, cwd: '/work' };

/** Which processes there are, and how often each question was asked. */
class Processes {
  readonly alive = new Set<number>();
  readonly locks = new Map<string, number>();
  infos: readonly ProcessInfo[] = [];
  readonly isAlive = jest.fn(({ pid }: ProcessRef) => this.alive.has(pid));
  readonly list = jest.fn((isWanted: (argv: readonly string[]) => boolean) =>
    Promise.resolve(this.infos.filter(({ argv }) => isWanted(argv))),
  );
  envOf(): undefined {
    return undefined;
  }
  readonly lockHolders = jest.fn(() => Promise.resolve(this.locks));
}

let dir: string;
let processes: Processes;
let watch: HolderWatch | undefined;
const changed: string[] = [];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'holders-'));
  processes = new Processes();
  changed.length = 0;
});
afterEach(async () => {
  watch?.close();
  await rm(dir, { recursive: true, force: true });
});

async function start(agent: Agent): Promise<HolderWatch> {
  const host = processes as unknown as ProcessHost;
  watch = newHolderWatch(agent, agent.layoutOf(dir), host, (ids) => changed.push(...ids));
  await watch.refresh();
  return watch;
}
const config = () => testConfig(dir);
const holdingOf = (id: string) => watch?.holdingOf({ id, home: dir, view });

describe('holders by claims', () => {
  const claim = (name: string, sessionId: string, more = {}) =>
    writeFile(join(dir, 'sessions', `${name}.json`), JSON.stringify({ pid: 7, sessionId, ...more }));
  beforeEach(() => mkdir(join(dir, 'sessions')));
  const startWith = () => start(new ClaudeCodeAdapter(config()));

  it('a process is looked at once, whatever it claims', async () => {
    processes.alive.add(7);
    for (const id of ['a', 'b', 'c']) await claim(id, id);
    const holders = await startWith();
    processes.isAlive.mockClear();
    await holders.look();
    expect(['a', 'b', 'c', 'd'].map((id) => holdingOf(id)?.liveness)).toEqual([
      ...['alive', 'alive', 'alive'],
      'absent',
    ]);
    expect(processes.isAlive).toHaveBeenCalledTimes(1);
    processes.alive.clear();
    await holders.look();
    expect(holdingOf('a')).toEqual({ liveness: 'dead' });
  });

  it('a claim whose process is gone already holds nothing, and one that was put away is no claim', async () => {
    const holders = await startWith();
    await claim('a', 'a');
    await until(() => Promise.resolve(changed.includes('a') || undefined), {
      failure: () => 'the claim was not seen',
      timeoutMs: 5000,
    });
    expect(holdingOf('a')).toEqual({ liveness: 'dead' });
    await rm(join(dir, 'sessions/a.json'));
    await holders.refresh();
    expect(holdingOf('a')).toEqual({ liveness: 'absent' });
  });

  it('looking anew finds what no event told: a file written over in its place', async () => {
    processes.alive.add(7);
    await claim('a', 'a');
    const holders = await startWith();
    watch?.close();
    await claim('a', 'a', { status: 'waiting', waitingFor: 'permission prompt' });
    await holders.refresh();
    expect(holdingOf('a')).toEqual({ liveness: 'alive', pid: 7, asks: 'permission prompt' });
  });

  it('files that have not changed for a while are not read again', async () => {
    await claim('a', 'a');
    await utimes(join(dir, 'sessions/a.json'), new Date(0), new Date(0));
    const agent = new ClaudeCodeAdapter(config());
    const read = jest.spyOn(agent, 'claimOf');
    const holders = await start(agent);
    await holders.refresh();
    expect(read).toHaveBeenCalledTimes(1);
  });
});

describe('holders by locks', () => {
  const lock = () => join(dir, 'thread-writer-locks', `${ID}.lock`);

  it('who holds what is found out anew only when a holder is gone', async () => {
    await mkdir(join(dir, 'thread-writer-locks'));
    await writeFile(lock(), '');
    processes.locks.set(lock(), 8);
    processes.alive.add(8);
    const holders = await start(new CodexAdapter(config()));
    await holders.look();
    expect(holdingOf(ID)).toEqual({ liveness: 'alive', pid: 8 });
    expect(processes.lockHolders).toHaveBeenCalledTimes(1);
    processes.alive.clear();
    processes.locks.clear();
    await holders.look();
    expect(holdingOf(ID)).toEqual({ liveness: 'dead' });
  });

  it('many locks that come at once are looked at a few times together', async () => {
    await mkdir(join(dir, 'thread-writer-locks'));
    const holders = await start(new CodexAdapter(config()));
    await Promise.all(Array.from({ length: 50 }, () => holders.refresh()));
    expect(processes.lockHolders.mock.calls.length).toBeLessThan(5);
  });
});

describe('holders by processes', () => {
  const gemini = (pid: number) => ({ pid, argv: ['node', '/usr/bin/gemini'], cwd: '/work' });

  it('all processes are listed anew only when one of its own is gone', async () => {
    processes.infos = [gemini(9), { pid: 10, argv: ['bash'] }];
    processes.alive.add(9);
    const holders = await start(new GeminiCliAdapter(config()));
    await holders.look();
    expect(holdingOf('any')).toEqual({ liveness: 'alive', pid: 9 });
    expect(processes.list).toHaveBeenCalledTimes(1);
    processes.alive.clear();
    processes.infos = [];
    await holders.look();
    expect(holdingOf('any')).toEqual({ liveness: 'absent' });
    expect(processes.list).toHaveBeenCalledTimes(2);
  });
});
