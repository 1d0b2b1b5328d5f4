import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeClock } from '../../test/support/fake-clock.js';
import { testConfig } from '../../test/support/test-config.js';
import { CodexAdapter } from '../agents/codex/codex.adapter.js';
import type { ProcessHost } from '../core/ports/process-host.js';
import type { Holding, Turn } from '../core/session.js';
import { newHolderWatch } from './holder-watch.js';

const ID = '01a20c5d-1736-7020-be54-24ae420defef';
const OPEN: Turn = { kind: 'open', recordId: 'r', atMs: 0 };
const ENDED: Turn = { kind: 'ended', recordId: 'r', atMs: 0 };

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
  const processes = { lockHolders: () => Promise.resolve(held) } as unknown as ProcessHost;
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
