import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { aReset, aStop, NOON, sessionAt, working } from '../../test/support/an-episode.js';
import { EngineWorld } from '../../test/support/engine-world.js';
import type { RunOutcome } from '../core/run.js';
import type { Stop } from '../core/stop.js';

const RESET_MS = NOON + 600_000;
const DUE_MS = RESET_MS + 5_000;
const WEEK_MS = NOON + 3 * 86_400_000;
const ok: RunOutcome = { result: 'ok', deniedTools: [] };
const failed: RunOutcome = { ...ok, result: 'failed' };

let world: EngineWorld;
beforeEach(async () => {
  world = await EngineWorld.create('--resume.clock_check_s=600', '--resume.max_concurrent=16');
});
afterEach(() => world.dispose());

const atStop = (id: string, change: Partial<Stop> = {}) =>
  sessionAt(
    aStop({ recordId: `r-${id}`, reset: aReset(RESET_MS), window: 'five_hour', ...change }),
    {},
    { id },
  );

async function stopped(count: number, change: Partial<Stop> = {}): Promise<void> {
  for (let n = 1; n <= count; n += 1) await world.stopped(atStop(`s${n}`, change));
}

const overloaded = (id: string) =>
  atStop(id, { recordId: `again-${id}`, reason: 'overloaded', atMs: world.clock.nowMs() });

const works = (id: string) => world.progressed(working(world.clock.nowMs() + 1, id), 'work');
const dueOf = async (id: string) => (await world.episodes.findOpen(id))?.dueAtMs;
const stateOf = async (id: string) => (await world.episodes.findOpen(id))?.state;
const whyOf = async (id: string) => (await world.episodes.findOpen(id))?.why;
const gate = () => world.accounts.all()[0]?.gate;

describe('a limit of an account', () => {
  it('is tried by one session; 1, then 2, then the others follow when it works', async () => {
    await stopped(9);
    await world.passes(605_000);
    expect(world.resumed()).toEqual(['s1']);
    expect(await whyOf('s2')).toContain('tries first');
    expect(await world.episodes.countByState()).toEqual({ resuming: 1, gated: 8 });

    await works('s1');
    expect(world.resumed()).toEqual(['s1', 's2']);
    expect(await whyOf('s3')).toContain('slow start');
    await world.ends(1, ok);
    await world.ends(2, ok);
    await world.passes(11_000);
    expect(world.resumed()).toEqual(['s1', 's2', 's3', 's4']);
    await world.passes(11_000);
    expect(world.resumed()).toHaveLength(6);
    expect(gate()).toEqual({ kind: 'open' });
    expect(await whyOf('s7')).toContain('max_per_account');
    await world.ends(3, ok);
    expect(world.resumed()).toHaveLength(7);
  });

  it('is tried by the next one where the first comes to nothing that tells', async () => {
    await stopped(2);
    await world.passes(605_000);
    await world.ends(1, ok);
    expect(world.resumed()).toEqual(['s1', 's2']);
    expect(await world.episodes.findOpen('s1')).toMatchObject({ state: 'waiting', withoutProgress: 1 });
  });

  it('that still holds is tried with growing waits, by one', async () => {
    await stopped(3);
    await world.passes(605_000);
    world.sessions.known.set('s1', overloaded('s1'));
    await world.ends(1, failed);
    expect(gate()).toMatchObject({ kind: 'breaker', failures: 0 });
    expect(await stateOf('s2')).toBe('gated');
    expect(await whyOf('s2')).toContain('was refused again');
    await world.passes(20_000);
    expect(world.resumed()).toEqual(['s1']);
    await world.passes(15_000);
    expect(world.resumed()).toEqual(['s1', 's2']);
    world.sessions.known.set('s2', overloaded('s2'));
    await world.ends(2, failed);
    expect(gate()).toMatchObject({ kind: 'breaker', failures: 1 });
    await world.passes(50_000);
    expect(world.resumed()).toHaveLength(2);
    await world.passes(20_000);
    expect(world.resumed()).toHaveLength(3);
    await works(world.resumed()[2] ?? '');
    expect(gate()).toMatchObject({ kind: 'slow_start' });
  });

  it('with a new reset moves everything that waits for it', async () => {
    await stopped(3);
    await world.passes(605_000);
    const later = RESET_MS + 3_600_000;
    const again = atStop('s1', { recordId: 'again', reset: aReset(later), atMs: world.clock.nowMs() });
    world.sessions.known.set('s1', again);
    await world.ends(1, failed);
    for (const id of ['s1', 's2', 's3'])
      expect(await world.episodes.findOpen(id)).toMatchObject({ state: 'waiting', dueAtMs: later + 5_000 });
    expect(gate()).toMatchObject({ kind: 'canary' });
    await world.passes(3_000_000);
    expect(world.resumed()).toHaveLength(1);
    await world.passes(700_000);
    expect(world.resumed()).toHaveLength(2);
  });

  it('told more exactly moves everything that waits for it, and nothing else', async () => {
    await world.stopped(atStop('s1', { reset: aReset(RESET_MS, 'text') }));
    await world.stopped(atStop('opus', { reset: aReset(WEEK_MS), window: 'seven_day_opus' }));
    expect(await dueOf('s1')).toBe(RESET_MS + 60_000);
    await world.stopped(atStop('s2', { reset: aReset(RESET_MS - 20_000) }));
    expect(await dueOf('s1')).toBe(DUE_MS - 20_000);
    expect(await dueOf('opus')).toBe(WEEK_MS + 5_000);
  });

  it('of another kind holds all of it: the one that lifts last counts', async () => {
    await stopped(2);
    await world.passes(605_000);
    const week = { reset: aReset(WEEK_MS), window: 'seven_day', recordId: 'week', atMs: world.clock.nowMs() };
    world.sessions.known.set('s1', atStop('s1', week));
    await world.ends(1, failed);
    await world.stopped(atStop('s3', { reset: aReset(RESET_MS + 3_600_000), atMs: world.clock.nowMs() }));
    await world.stopped(atStop('s4', { reason: 'crash', atMs: world.clock.nowMs() }));
    for (const id of ['s1', 's2', 's3', 's4']) expect(await dueOf(id)).toBe(WEEK_MS + 5_000);
    expect(await whyOf('s2')).toContain('seven_day');
    await world.passes(3_600_000);
    expect(world.resumed()).toEqual(['s1']);
  });

  it('that has lifted is shown by a resume to all, by work elsewhere to those that did not meet it', async () => {
    const week = { reset: aReset(WEEK_MS), window: 'seven_day' } as const;
    for (const id of ['s1', 's2']) await world.stopped(atStop(id, week));
    await world.stopped(atStop('s3'));
    expect(await dueOf('s3')).toBe(WEEK_MS + 5_000);
    await world.passes(200_000);
    await works('elsewhere');
    expect(await dueOf('s3')).toBe(WEEK_MS + 5_000);
    await world.passes(200_000);
    await works('elsewhere');
    expect(await dueOf('s3')).toBe(DUE_MS);
    expect(await dueOf('s2')).toBe(WEEK_MS + 5_000);
    await world.stopped(atStop('s4', week));
    expect(await dueOf('s3')).toBe(DUE_MS);

    await world.stopped(atStop('s5', { ...week, atMs: world.clock.nowMs() }));
    expect(await dueOf('s3')).toBe(WEEK_MS + 5_000);
    await world.control.resumeNow('s1', { via: 'cli' });
    await world.passes(1000);
    await works('s1');
    await world.passes(0);
    expect(world.resumed()).toEqual(['s1', 's2']);
    expect(await dueOf('s3')).toBe(DUE_MS);
  });

  it('does not hold a session that stopped for reasons of its own', async () => {
    await stopped(2);
    await world.passes(605_000);
    await world.stopped(atStop('own', { reason: 'crash', atMs: world.clock.nowMs() }));
    await world.passes(60_000);
    expect(world.resumed()).toEqual(['s1', 'own']);
  });

  it('is asked for first, where that costs nothing', async () => {
    world.accountProbe.answer = { resetAtMs: DUE_MS + 60_000 };
    await stopped(2);
    await world.passes(605_000);
    expect(world.accountProbe.asked).toHaveLength(1);
    expect(world.resumed()).toEqual([]);
    expect((await world.episodes.findOpen('s2'))?.dueAtMs).toBe(DUE_MS + 65_000);
    world.accountProbe.answer = 'allowed';
    await world.passes(66_000);
    expect(world.resumed()).toEqual(['s1']);
  });

  it('is remembered over a restart, with what is under way', async () => {
    await stopped(3);
    await world.passes(605_000);
    await world.restart();
    await world.passes(0);
    expect(world.resumed()).toEqual(['s1']);
    expect(gate()).toMatchObject({ kind: 'canary' });
    await works('s1');
    expect(world.resumed()).toEqual(['s1', 's2']);
    await world.restart();
    expect(gate()).toMatchObject({ kind: 'slow_start' });
    await world.passes(11_000);
    expect(world.resumed()).toEqual(['s1', 's2', 's3']);
  });
});

describe('what is due', () => {
  it('is held while paused, and says so', async () => {
    await world.engine.setPaused(true);
    await stopped(2);
    await world.passes(700_000);
    expect(await world.episodes.countByState()).toEqual({ gated: 2 });
    expect(await whyOf('s1')).toContain('paused');
    await world.engine.setPaused(false);
    await world.settle();
    expect(world.resumed()).toEqual(['s1']);
  });

  it('is held when the clock is set back, until it is due again', async () => {
    await world.engine.setPaused(true);
    await stopped(1);
    await world.passes(700_000);
    world.clock.jump(-400_000);
    await world.engine.setPaused(false);
    await world.settle();
    expect(await whyOf('s1')).toContain('set back');
    expect(world.resumed()).toEqual([]);
    await world.passes(305_000);
    expect(world.resumed()).toEqual(['s1']);
  });

  it('waits when it cannot even be looked at, and is tried again later', async () => {
    await stopped(1);
    const refresh = world.sessions.refresh.bind(world.sessions);
    let failures = 0;
    // The early look is over by then.
    await world.passes(400_000);
    world.sessions.refresh = () => Promise.reject(new Error(`the disk is gone (${(failures += 1)})`));
    await world.passes(210_000);
    expect(failures).toBe(1);
    world.sessions.refresh = refresh;
    await world.passes(600_000);
    expect(world.resumed()).toEqual(['s1']);
  });

  it('is looked at in batches', async () => {
    const small = await EngineWorld.create('--resume.batch_size=3', '--resume.clock_check_s=600');
    for (let n = 1; n <= 10; n += 1) await small.stopped(atStop(`s${n}`));
    await small.passes(605_000);
    expect(await small.episodes.countByState()).toEqual({ resuming: 1, gated: 9 });
    await small.dispose();
  });
});

describe('a crash loop', () => {
  it('is parked after so many crashes within a time', async () => {
    await world.stopped(atStop('s1', { reason: 'crash' }));
    for (let crash = 1; crash <= 3; crash += 1) {
      await world.passes(700_000);
      expect(world.resumed()).toHaveLength(crash);
      await works('s1');
      const again = atStop('s1', {
        reason: 'crash',
        recordId: `crash-${crash}`,
        atMs: world.clock.nowMs() + 1,
      });
      const { reset: _reset, ...stop } = again.stop ?? aStop();
      world.sessions.known.set('s1', { ...again, stop, view: { ...again.view, lastWork: stop } });
      await world.ends(crash, { ...ok, result: 'none', signal: 'SIGKILL' });
    }
    expect(await world.episodes.findOpen('s1')).toMatchObject({
      state: 'parked',
      why: expect.stringContaining('resume.max_crashes'),
    });
    expect(await world.episodes.countByState()).toEqual({ saved: 3, parked: 1 });
  });
});

describe('a human', () => {
  it('sends a parked episode on: one more resume, its counts new', async () => {
    await stopped(1);
    await world.passes(605_000);
    await works('s1');
    await world.ends(1, { ...ok, deniedTools: ['Edit'] });
    world.sessions.known.set('s1', atStop('s1'));
    const parked = await world.only();
    expect(parked.state).toBe('parked');
    await world.book.sendOn(parked, 'the permission was given');
    await world.engine.setPaused(false);
    await world.settle();
    expect(world.resumed()).toEqual(['s1', 's1']);
    expect(await world.only()).toMatchObject({ state: 'resuming', attempts: 1, acks: 1 });
  });
});

describe('one resume', () => {
  it('is all that a stop gets, also where the code forgets that there was one', async () => {
    await stopped(1);
    await world.passes(605_000);
    await world.runs.end((await world.runs.openOf('s1'))?.id ?? '', ok, world.clock.nowMs());
    await world.db.updateTable('episodes').set({ state: 'waiting', due_at_ms: NOON, attempts: 0 }).execute();
    await world.restart();
    await world.passes(1_000);
    expect(world.resumed()).toEqual(['s1']);
    expect(await world.only()).toMatchObject({
      state: 'parked',
      why: expect.stringContaining('resumed for this stop'),
    });
  });
});

describe('two services on one home', () => {
  it('resume once: the other waits, and lets go when the session goes on', async () => {
    const other = await world.beside('--resume.clock_check_s=600');
    await world.stopped(atStop('s1'));
    await other.stopped(atStop('s1'));
    await world.clock.advance(606_000, async () => {
      await world.settle();
      await other.settle();
    });
    expect(world.resumed()).toEqual(['s1']);
    const states = [await world.only(), await other.only()].map(({ state }) => state);
    expect(states.toSorted()).toEqual(['resuming', 'waiting']);
    const [first, second] = states[0] === 'resuming' ? [world, other] : [other, world];
    expect((await second.only()).why).toBe('another service is resuming this session');
    const session = working(world.clock.nowMs() + 500, 's1');
    await first.progressed(session, 'work');
    await second.progressed(session, 'work');
    expect((await second.only()).state).toBe('cancelled');
    await first.ends(1, ok);
    expect((await first.only()).state).toBe('saved');
    await other.dispose();
  });

  it('take over from one that is gone, when its lease has run out', async () => {
    const other = await world.beside('--resume.clock_check_s=600');
    await world.stopped(atStop('s1'));
    await other.engine.setPaused(true);
    await other.stopped(atStop('s1'));
    await world.passes(605_000);
    expect(world.resumed()).toEqual(['s1']);
    // Its machine sleeps: nothing is renewed, and the agent that it started is gone.
    await world.engine.beforeApplicationShutdown();
    world.runService?.onApplicationShutdown();
    world.clock.forget();
    world.processes.end(1);
    await other.engine.setPaused(false);
    await other.settle();
    expect((await other.only()).why).toBe('another service is resuming this session');
    await other.passes(61_000);
    expect(world.resumed()).toEqual(['s1', 's1']);
    await other.dispose();
  });

  it('end a run whose session was taken over', async () => {
    await world.stopped(atStop('s1'));
    await world.passes(605_000);
    world.clock.jump(120_000);
    const other = await world.beside('--resume.clock_check_s=600');
    expect(await other.leases.take('/home/.claude', 's1')).toMatchObject({ kind: 'taken' });
    await world.passes(21_000);
    expect(world.processes.signals).toContain('SIGTERM');
    await other.dispose();
  });

  it('write nothing where the home cannot say who writes', async () => {
    const blind = await EngineWorld.create('--resume.clock_check_s=600');
    blind.homes = '/nowhere/at/all';
    await blind.restart();
    await blind.stopped(atStop('s1'));
    await blind.passes(606_000);
    expect(blind.resumed()).toEqual([]);
    expect(await blind.only()).toMatchObject({
      state: 'parked',
      why: expect.stringContaining('/nowhere/at/all'),
    });
    await blind.dispose();
  });
});
