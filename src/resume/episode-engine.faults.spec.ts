import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { aReset, aStop, NOON, sessionAt, working } from '../../test/support/an-episode.js';
import { EngineWorld } from '../../test/support/engine-world.js';
import type { Fault } from '../../test/support/faults.js';

const RESET_MS = NOON + 600_000;
const session = sessionAt(aStop({ reset: aReset(RESET_MS) }));

let world: EngineWorld;
beforeEach(async () => {
  world = await EngineWorld.create('--resume.clock_check_s=60');
});
afterEach(() => world.dispose());

/** The agents of this machine: each works, and ends, whether or not anybody looks. */
async function agentsWork(): Promise<void> {
  for (let pid = 1; pid <= world.processes.started.length; pid += 1) {
    if (!world.processes.isAlive({ pid })) continue;
    const now = working(world.clock.nowMs() + 1);
    await world.progressed(now, 'work');
    await world.ends(pid, { result: 'ok', deniedTools: [] });
  }
}

/** A whole episode, from the stop to the save. */
async function episode(): Promise<void> {
  await world.stopped(world.sessions.known.get('session-1') ?? session);
  await world.passes(605_000);
  await agentsWork();
  await world.passes(120_000);
  await agentsWork();
}

/** What one episode asks for when nothing fails. */
async function countOf(): Promise<number> {
  await episode();
  expect((await world.only()).state).toBe('saved');
  return world.io.count;
}

async function afterFault(fault: Fault): Promise<void> {
  world.fault = fault;
  await world.restart();
  await episode();
  world.fault = undefined;
  await world.restart();
  await episode();
  for (let minutes = 0; minutes < 12; minutes += 1) {
    await world.passes(60_000);
    await agentsWork();
  }
}

/** Each run that was ever stored under a key, and what was started for it. */
async function expectOncePerKey(): Promise<void> {
  const runs = await world.db.selectFrom('runs').select(['id', 'resume_key']).execute();
  const keys = runs.map(({ resume_key: key }) => key).filter((key) => key !== null);
  expect(new Set(keys).size).toBe(keys.length);
  const started = world.processes.started.map(({ env }) => env['PALINGENESIS_RUN']);
  expect(new Set(started).size).toBe(started.length);
}

const MOST = 250;

describe('an episode whose service dies', () => {
  it('is saved by the next one, resumed once, wherever that happened', async () => {
    const count = await countOf();
    expect(count).toBeGreaterThan(25);
    expect(count).toBeLessThan(MOST);
    for (let at = 1; at <= count; at += 1) {
      await world.dispose();
      world = await EngineWorld.create('--resume.clock_check_s=60');
      await afterFault({ at, kind: 'kill' });
      expect({ at, ...(await world.only()) }).toMatchObject({ at, state: 'saved' });
      expect({ at, resumes: world.resumed() }).toEqual({ at, resumes: ['session-1'] });
      await expectOncePerKey();
    }
  }, 240_000);
});

describe('an episode with a disk that fails once', () => {
  it('is saved, or says what is needed, and was resumed at most once, wherever that happened', async () => {
    const count = await countOf();
    const states = new Map<string, number>();
    for (let at = 1; at <= count; at += 1) {
      await world.dispose();
      world = await EngineWorld.create('--resume.clock_check_s=60');
      await afterFault({ at, kind: 'fail' });
      const { state, why } = await world.only();
      states.set(state, (states.get(state) ?? 0) + 1);
      expect({ at, state, why }).toMatchObject({
        state: expect.stringMatching(/^(saved|parked|cancelled)$/),
      });
      expect(why).not.toBe('');
      expect(world.resumed().length).toBeLessThanOrEqual(1);
      await expectOncePerKey();
    }
    expect(states.get('saved')).toBeGreaterThan(count / 2);
  }, 240_000);
});
