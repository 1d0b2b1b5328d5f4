import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeClock } from '../../test/support/fake-clock.js';
import { testConfig } from '../../test/support/test-config.js';
import { OpenCodeAdapter } from '../agents/opencode/opencode.adapter.js';
import { until as untilTrue } from '../../test/support/until.js';
import { ClaudeCodeAdapter } from '../agents/claude-code/claude-code.adapter.js';
import { CodexAdapter } from '../agents/codex/codex.adapter.js';
import type { ProcessHost } from '../core/ports/process-host.js';
import type { Holding, Turn } from '../core/session.js';
import { newHolderWatch, type HolderWatch } from './holder-watch.js';

const ID = '01a20c5d-1736-7020-be54-24ae420defef';
const OPEN: Turn = { kind: 'open', recordId: 'r', atMs: 0 };
const ENDED: Turn = { kind: 'ended', recordId: 'r', atMs: 0 };

/** All but one. */
const DEAD = 66;
const isAlive = ({ pid }: { pid: number }): boolean => pid !== DEAD;

let home: string;
let locks: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'codex-locks-'));
  locks = join(home, 'thread-writer-locks');
});
afterEach(() => rm(home, { recursive: true, force: true }));

/** Who holds the session, where that process holds its lock, or no process does. */
async function holding(turn: Turn, holder?: number): Promise<Holding> {
  const agent = new CodexAdapter(testConfig(home), new FakeClock());
  const held = new Map(holder === undefined ? [] : [[join(locks, `${ID}.lock`), holder]]);
  const processes = { lockHolders: () => Promise.resolve(held), isAlive } as unknown as ProcessHost;
  const watch = newHolderWatch(agent, agent.layoutOf(home), processes, () => undefined);
  try {
    await watch.refresh();
    return watch.holdingOf({ id: ID, home, view: { turn } });
  } finally {
    watch.close();
  }
}

const lock = async (name: string): Promise<void> => {
  await mkdir(locks, { recursive: true });
  await writeFile(join(locks, name), '');
};

describe('the holder of a session with a lock', () => {
  it('is the process that holds it', async () => {
    await lock(`${ID}.lock`);
    expect(await holding(OPEN, 42)).toEqual({ liveness: 'alive', pid: 42 });
  });

  it('is dead where the lock is free: a clean end would have taken it away', async () => {
    await lock(`${ID}.lock`);
    expect(await holding(OPEN)).toEqual({ liveness: 'dead' });
    expect(await holding(OPEN, DEAD)).toEqual({ liveness: 'dead' });
  });

  it('is nobody where a finished turn has none', async () => {
    await lock('.coordination.lock');
    expect(await holding(ENDED)).toEqual({ liveness: 'absent' });
  });

  it('is not known where a turn is under way without one, or a home keeps none', async () => {
    expect(await holding(ENDED)).toEqual({ liveness: 'unknown' });
    await lock('.coordination.lock');
    expect(await holding(OPEN)).toEqual({ liveness: 'unknown' });
  });
});

describe('the holder of a session that only processes tell of', () => {
  const PROCESSES = [
    { pid: 1, argv: ['/bin/opencode', 'serve'], cwd: '/', env: { HOME: '/home/other' } },
    {
      pid: 2,
      argv: ['/bin/opencode', 'run'],
      cwd: '/home/dev/project',
      env: { XDG_DATA_HOME: '/elsewhere' },
    },
    { pid: 3, argv: ['/bin/vi', 'notes'], cwd: '/home/dev/project', env: {} },
  ];

  async function holderAmong(processes: typeof PROCESSES): Promise<Holding> {
    const agent = new OpenCodeAdapter(testConfig(home), new FakeClock());
    const host = {
      list: () => Promise.resolve(processes),
      isAlive,
      envOf: (pid: number, name: string) =>
        Object.entries(processes.find((each) => each.pid === pid)?.env ?? {}).find(
          ([key]) => key === name,
        )?.[1],
    } as unknown as ProcessHost;
    const data = join(home, '.local/share/opencode');
    const watch = newHolderWatch(agent, agent.layoutOf(data), host, () => undefined);
    await watch.refresh();
    return watch.holdingOf({ id: 'ses_1', home: data, view: { turn: OPEN, cwd: '/home/dev/project' } });
  }

  it('is none that works in another home, or is gone since', async () => {
    const [serve] = PROCESSES;
    if (serve === undefined) throw new Error('no process');
    expect(await holderAmong(PROCESSES)).toEqual({ liveness: 'absent' });
    expect(await holderAmong([{ ...serve, pid: DEAD, env: { HOME: home } }])).toEqual({ liveness: 'absent' });
  });

  it('is one of this home, and one that does not tell its home', async () => {
    const [serve] = PROCESSES;
    if (serve === undefined) throw new Error('no process');
    expect(await holderAmong([...PROCESSES, { ...serve, pid: 4, env: { HOME: home } }])).toMatchObject({
      pid: 4,
    });
    expect(await holderAmong([{ ...serve, pid: 5, env: {} as { HOME: string } }])).toMatchObject({ pid: 5 });
  });
});

describe('the holder of a session with a claim', () => {
  let claims: string;
  let watch: HolderWatch;

  beforeEach(async () => {
    claims = join(home, 'sessions');
    await mkdir(claims);
    const agent = new ClaudeCodeAdapter(testConfig(home), new FakeClock());
    const processes = { isAlive } as unknown as ProcessHost;
    watch = newHolderWatch(agent, agent.layoutOf(home), processes, () => undefined);
    await watch.refresh();
  });
  afterEach(() => watch.close());

  const held = (): Holding => watch.holdingOf({ id: ID, home, view: { turn: OPEN } });
  const until = async (liveness: Holding['liveness']): Promise<void> => {
    const check = async () => (held().liveness === liveness ? true : undefined);
    await untilTrue(check, { timeoutMs: 5000, failure: () => JSON.stringify(held()) });
  };

  it('is nobody once the claim was put away, however quickly it was made and changed before', async () => {
    for (let round = 0; round < 20; round += 1) {
      const path = join(claims, `${round}.json`);
      for (const status of ['idle', 'busy', 'idle'])
        await writeFile(path, JSON.stringify({ pid: DEAD, sessionId: ID, status }));
      await rm(path);
    }
    await until('absent');
    await writeFile(join(claims, '1.json'), JSON.stringify({ pid: DEAD, sessionId: ID }));
    await until('dead');
  });
});
