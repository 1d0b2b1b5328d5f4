import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { aReset, aStop, NOON, sessionAt, working } from '../../test/support/an-episode.js';
import { EngineWorld } from '../../test/support/engine-world.js';

const RESET_MS = NOON + 600_000;
const COUNT = 1000;
const CAP = 8;

let world: EngineWorld;
beforeEach(async () => {
  world = await EngineWorld.create(
    ...['--resume.clock_check_s=600', '--resume.max_concurrent=32', `--resume.max_per_account=${CAP}`],
  );
});
afterEach(() => world.dispose());

const atStop = (id: string, recordId: string, reason: 'usage_limit' | 'overloaded') =>
  sessionAt(
    aStop({
      recordId,
      reason,
      atMs: world.clock.nowMs(),
      ...(reason === 'usage_limit' ? { reset: aReset(RESET_MS) } : {}),
    }),
    {},
    { id },
  );

const alive = (): number[] =>
  world.processes.started.map((_, index) => index + 1).filter((pid) => world.processes.isAlive({ pid }));

async function work(pids: readonly number[]): Promise<void> {
  for (const pid of pids)
    await world.progressed(working(world.clock.nowMs() + 1, world.resumed()[pid - 1] ?? ''), 'work');
}

describe('a thousand sessions of one account, due at the same instant', () => {
  it('go one first, then 1, 2, 4, then as many as may at a time; an overload stops them', async () => {
    for (let n = 0; n < COUNT; n += 1) {
      const session = atStop(`s${n}`, `r${n}`, 'usage_limit');
      world.sessions.known.set(session.id, session);
      if (session.stop !== undefined)
        world.bus.publish({ type: 'session-stopped', session, stop: session.stop });
    }
    await world.settle();
    await world.passes(605_000);
    expect(world.resumed()).toHaveLength(1);
    expect(await world.episodes.countByState()).toEqual({ resuming: 1, gated: COUNT - 1 });

    const flow: number[] = [];
    await work(alive());
    for (let step = 0; step < 4; step += 1) {
      flow.push(world.resumed().length);
      await work(alive());
      await world.passes(11_000);
    }
    // The one, then 1, 2 and 4 more; then the cap of what may run at the same time.
    expect(flow).toEqual([2, 4, 8, 8]);
    expect(alive()).toHaveLength(CAP);

    const [met, ...others] = alive();
    if (met === undefined) throw new Error('nothing runs');
    const id = world.resumed()[met - 1] ?? '';
    world.sessions.known.set(id, atStop(id, `again-${id}`, 'overloaded'));
    await world.ends(met, { result: 'failed', deniedTools: [] });
    for (const pid of others) await world.ends(pid, { result: 'ok', deniedTools: [] });
    await world.passes(20_000);
    expect(alive()).toEqual([]);
    expect(world.resumed()).toHaveLength(CAP);
    // It was met in the slow start: the breaker stays open for a minute.
    await world.passes(50_000);
    expect(alive()).toHaveLength(1);
    expect(new Set(world.resumed()).size).toBe(world.resumed().length);
  }, 60_000);
});
