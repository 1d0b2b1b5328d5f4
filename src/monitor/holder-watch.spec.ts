import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { NOON } from '../../test/support/an-episode.js';
import { PlainAgent } from '../../test/support/plain-agent.js';
import { until } from '../../test/support/until.js';
import { numberOf, parseRecord, stringOf } from '../core/json-record.js';
import type { Holders } from '../core/ports/agent.js';
import type { ProcessHost, ProcessInfo, ProcessRef } from '../core/ports/process-host.js';
import type { ProcessClaim, SessionView } from '../core/session.js';
import { newHolderWatch, type HolderWatch } from './holder-watch.js';

/** Claims are JSON; locks are `<id>.lock`; a process holds the sessions its command line names, or those of its folder. */
class HeldAgent extends PlainAgent {
  override claimOf(text: string): ProcessClaim | undefined {
    const claim = parseRecord(text);
    const [sessionId, pid, asks] = [
      stringOf(claim?.['id']),
      numberOf(claim?.['pid']),
      stringOf(claim?.['asks']),
    ];
    if (sessionId === undefined || pid === undefined) return undefined;
    return { sessionId, pid, ...(asks === undefined ? {} : { asks }) };
  }
  override lockedSession(path: string): string | undefined {
    return path.endsWith('.lock') ? basename(path, '.lock') : undefined;
  }
  override isOwn(argv: readonly string[]): boolean {
    return argv[0] === 'plain';
  }
  override isHeadless({ argv }: ProcessInfo): boolean {
    return argv.includes('-p');
  }
  override homeOf(env: (name: string) => string | undefined): string | undefined {
    return env('PLAIN_HOME');
  }
  override holds({ argv, cwd }: ProcessInfo, { id, view }: { id: string; view: SessionView }): boolean {
    return argv.includes(id) || (cwd !== undefined && cwd === view.cwd);
  }
}

let dir: string;
let watch: HolderWatch;
let touched: string[];
/** What the machine is like. */
let alive: Set<number>;
let locks: Map<string, number>;
let running: ProcessInfo[];
let homes: Map<number, string>;

const host = {
  isAlive: ({ pid }: ProcessRef) => alive.has(pid),
  lockHolders: async () => locks,
  list: async (isWanted: (argv: readonly string[]) => boolean) =>
    running.filter(({ argv }) => isWanted(argv)),
  envOf: (pid: number, name: string) => (name === 'PLAIN_HOME' ? homes.get(pid) : undefined),
} as unknown as ProcessHost;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'holders-'));
  [touched, alive, locks, running, homes] = [[], new Set(), new Map(), [], new Map()];
});
afterEach(async () => {
  watch.close();
  await rm(dir, { recursive: true, force: true });
});

function open(holders: Holders, home = dir): HolderWatch {
  const agent = new HeldAgent();
  watch = newHolderWatch(agent, { ...agent.layoutOf(home), holders }, host, (ids) => touched.push(...ids));
  return watch;
}
const holding = (id: string, view: Partial<SessionView> = {}) =>
  watch.holdingOf({ id, home: dir, view: { turn: { kind: 'open', recordId: 'r', atMs: NOON }, ...view } });
const untilTouched = (id: string) =>
  until(async () => touched.includes(id) || undefined, {
    timeoutMs: 3000,
    failure: () => `${id} was not touched; ${touched.join()} were`,
  });

describe('holders by claims', () => {
  const folder = () => join(dir, 'claims');
  const claim = (name: string, text: object | string) =>
    writeFile(join(folder(), name), typeof text === 'string' ? text : JSON.stringify(text));
  beforeEach(async () => {
    await mkdir(folder());
    open({ kind: 'claims', folder: { path: folder(), depth: 0 } });
  });

  it('is alive with its process, dead where the claim outlived it, absent without one', async () => {
    await claim('1', { id: 'a', pid: 1 });
    await claim('2', { id: 'b', pid: 2 });
    alive.add(1);
    await watch.refresh();
    expect(['a', 'b', 'c'].map((id) => holding(id))).toEqual([
      { liveness: 'alive', pid: 1 },
      { liveness: 'dead' },
      { liveness: 'absent' },
    ]);
    alive.delete(1);
    await watch.look();
    expect(holding('a')).toEqual({ liveness: 'dead' });
  });

  it('says what its process asks a person', async () => {
    await claim('1', { id: 'a', pid: 1, asks: 'permission' });
    alive.add(1);
    await watch.refresh();
    expect(holding('a')).toEqual({ liveness: 'alive', pid: 1, asks: 'permission' });
  });

  it('of several claims on a session takes the one whose process lives', async () => {
    await claim('1', { id: 'a', pid: 1 });
    await claim('2', { id: 'a', pid: 2 });
    alive.add(2);
    await watch.refresh();
    expect(holding('a')).toEqual({ liveness: 'alive', pid: 2 });
    touched = [];
    await rm(join(folder(), '1'));
    await untilTouched('a');
    expect(holding('a')).toEqual({ liveness: 'alive', pid: 2 });
  });

  it('is not known in a home that keeps no claims', async () => {
    await rm(folder(), { recursive: true });
    await watch.refresh();
    expect(holding('a')).toEqual({ liveness: 'unknown' });
    await mkdir(folder());
    await watch.refresh();
    expect(holding('a')).toEqual({ liveness: 'absent' });
  });

  it('follows claims as they come, move to another session, and go', async () => {
    await watch.refresh();
    alive.add(1);
    await claim('1', { id: 'a', pid: 1 });
    await untilTouched('a');
    expect(holding('a').liveness).toBe('alive');
    touched = [];
    await claim('1', { id: 'b', pid: 1 });
    await untilTouched('b');
    expect(touched).toContain('a');
    expect([holding('a').liveness, holding('b').liveness]).toEqual(['absent', 'alive']);
    touched = [];
    await rm(join(folder(), '1'));
    await untilTouched('b');
    expect(holding('b')).toEqual({ liveness: 'absent' });
  });

  it('is nobody once the claim was put away, however quickly it was made and changed before', async () => {
    await watch.refresh();
    for (let pid = 1; pid <= 20; pid += 1) {
      for (const status of ['idle', 'busy', 'idle']) await claim(`${pid}`, { id: 'a', pid, status });
      await rm(join(folder(), `${pid}`));
    }
    await claim('last', { id: 'b', pid: 1 });
    await untilTouched('b');
    expect(holding('a')).toEqual({ liveness: 'absent' });
  });

  it('keeps what it knows while a claim is half written, and drops it with the file', async () => {
    await claim('1', { id: 'a', pid: 1 });
    alive.add(1);
    await watch.refresh();
    await claim('1', '{"id":"a","p');
    await watch.refresh();
    expect(holding('a').liveness).toBe('alive');
    watch.close();
    await rm(join(folder(), '1'));
    await watch.refresh();
    expect(holding('a').liveness).toBe('absent');
  });
});

describe('holders by locks', () => {
  const folder = () => join(dir, 'locks');
  const lockFile = async (name: string): Promise<string> => {
    const path = join(folder(), name);
    await writeFile(path, '');
    return path;
  };
  beforeEach(async () => {
    await mkdir(folder());
    open({ kind: 'locks', folder: folder() });
  });

  it('is alive where the lock is held, dead where it is free, not known without one', async () => {
    alive.add(7);
    locks.set(await lockFile('a.lock'), 7);
    await lockFile('b.lock');
    await lockFile('coordination');
    expect(holding('a')).toEqual({ liveness: 'unknown' });
    await watch.refresh();
    expect(['a', 'b', 'c'].map((id) => holding(id))).toEqual([
      { liveness: 'alive', pid: 7 },
      { liveness: 'dead' },
      { liveness: 'unknown' },
    ]);
    locks.clear();
    await watch.refresh();
    expect(holding('a')).toEqual({ liveness: 'dead' });
  });

  it('is dead where the process that held the lock is gone since', async () => {
    locks.set(await lockFile('a.lock'), 7);
    alive.add(7);
    await watch.refresh();
    expect(holding('a')).toEqual({ liveness: 'alive', pid: 7 });
    alive.delete(7);
    locks.clear();
    await watch.look();
    expect(holding('a')).toEqual({ liveness: 'dead' });
  });

  it('is nobody without a lock where the turn is over, since a clean end takes it away', async () => {
    const over = { turn: { kind: 'ended', recordId: 'r', atMs: NOON } } as const;
    await watch.refresh();
    expect(holding('a', over)).toEqual({ liveness: 'unknown' });
    await lockFile('coordination');
    await watch.refresh();
    expect(holding('a', over)).toEqual({ liveness: 'absent' });
    expect(holding('a')).toEqual({ liveness: 'unknown' });
  });

  it('tells when a lock file comes or goes, and has looked by then', async () => {
    await watch.refresh();
    const path = await lockFile('a.lock');
    locks.set(path, 7);
    await untilTouched('a');
    await lockFile('coordination');
    touched = [];
    await rm(path);
    await untilTouched('a');
    expect(new Set(touched)).toEqual(new Set(['a']));
    expect(holding('a')).toEqual({ liveness: 'unknown' });
  });

  it('knows nothing where there is no such folder', async () => {
    await rm(folder(), { recursive: true });
    await watch.refresh();
    expect(holding('a')).toEqual({ liveness: 'unknown' });
  });
});

describe('holders by processes', () => {
  const of = (pid: number, change: Partial<ProcessInfo> = {}): ProcessInfo => {
    alive.add(pid);
    return { pid, argv: ['plain'], ...change };
  };
  beforeEach(() => {
    open({ kind: 'processes' });
  });

  it('is not known before the first look, then alive or absent', async () => {
    running = [of(1, { cwd: '/p' }), of(2, { argv: ['other', 'b'] }), of(3, { argv: ['plain', 'c'] })];
    expect(holding('a', { cwd: '/p' })).toEqual({ liveness: 'unknown' });
    await watch.refresh();
    expect(holding('a', { cwd: '/p' })).toEqual({ liveness: 'alive', pid: 1 });
    expect(holding('b', { cwd: '/q' })).toEqual({ liveness: 'absent' });
    expect(holding('c', { cwd: '/q' })).toEqual({ liveness: 'alive', pid: 3 });
    expect(watch.ownProcesses.map(({ pid }) => pid)).toEqual([1, 3]);
    running = [];
    await watch.refresh();
    expect(holding('a', { cwd: '/p' })).toEqual({ liveness: 'absent' });
  });

  it('leaves out a process that is gone since, and tells of one that ends with its turn', async () => {
    running = [of(1, { argv: ['plain', '-p', 'a'] }), of(2, { argv: ['plain', 'a'] })];
    await watch.refresh();
    expect(holding('a')).toEqual({ liveness: 'alive', pid: 1, headless: true });
    alive.delete(1);
    running = running.slice(1);
    await watch.look();
    expect(holding('a')).toEqual({ liveness: 'alive', pid: 2 });
    alive.delete(2);
    running = [];
    await watch.look();
    expect(holding('a')).toEqual({ liveness: 'absent' });
  });

  it('leaves out processes of another home, whatever links lead there', async () => {
    await mkdir(join(dir, 'other'));
    await symlink(dir, join(dir, 'link'));
    running = [1, 2, 3, 4].map((pid) => of(pid));
    homes = new Map([
      [1, dir],
      [2, join(dir, 'link')],
      [3, join(dir, 'other')],
    ]);
    await watch.refresh();
    expect(watch.ownProcesses.map(({ pid }) => pid)).toEqual([1, 2, 4]);
  });

  it('takes no process for the holder that was started after the session last changed', async () => {
    running = [of(1, { cwd: '/p', startedMs: NOON + 60_000 })];
    await watch.refresh();
    const at = (lastActivityMs: number) => holding('a', { cwd: '/p', lastActivityMs }).liveness;
    expect([at(NOON), at(NOON + 59_000), at(NOON + 61_000)]).toEqual(['absent', 'alive', 'alive']);
    running = [of(3, { cwd: '/p' })];
    await watch.refresh();
    expect(at(NOON)).toBe('alive');
    running = [of(2, { argv: ['plain', 'a'], startedMs: NOON + 60_000 })];
    await watch.refresh();
    expect(at(NOON)).toBe('alive');
  });
});
