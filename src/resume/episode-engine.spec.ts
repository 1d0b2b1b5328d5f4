import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { aReset, aSession, aStop, NOON, sessionAt, working } from '../../test/support/an-episode.js';
import { EngineWorld } from '../../test/support/engine-world.js';
import type { RunOutcome } from '../core/run.js';
import type { Stop } from '../core/stop.js';

const RESET_MS = NOON + 600_000;
const limited = (change: Partial<Stop> = {}) => aStop({ reset: aReset(RESET_MS), ...change });
const ok: RunOutcome = { result: 'ok', deniedTools: [] };

let world: EngineWorld;
beforeEach(async () => {
  world = await EngineWorld.create('--resume.clock_check_s=600');
});
afterEach(() => world.dispose());

describe('EpisodeEngine', () => {
  it('saves: waits for the reset, resumes once, proves the work', async () => {
    await world.stopped(sessionAt(limited()));
    expect(await world.only()).toMatchObject({ state: 'waiting', dueAtMs: RESET_MS + 5_000, attempts: 0 });

    await world.passes(604_000);
    expect(world.processes.started).toEqual([]);
    await world.passes(1_000);
    expect(world.processes.started).toMatchObject([{ args: ['resume', 'session-1'] }]);

    await world.progressed(working(world.clock.nowMs() + 500), 'work');
    expect((await world.only()).state).toBe('verifying');
    await world.ends(1, ok);
    expect(await world.only()).toMatchObject({ state: 'saved', attempts: 1 });
    expect(await world.trail()).toEqual([
      ...['detected', 'planned', 'waiting', 'gated', 'preflight', 'resuming', 'verifying', 'saved'],
    ]);
    await world.passes(3_600_000);
    expect(world.processes.started).toHaveLength(1);
  });

  it('takes the same stop, told twice, for one', async () => {
    await world.stopped(sessionAt(limited()));
    await world.stopped(sessionAt(limited()));
    expect(await world.trail()).toEqual(['detected', 'planned', 'waiting']);
  });

  it('moves its due time when a better source tells the reset', async () => {
    await world.stopped(sessionAt(limited({ reset: aReset(RESET_MS - 30_000, 'text') })));
    expect((await world.only()).dueAtMs).toBe(RESET_MS + 30_000);
    await world.stopped(sessionAt(limited()));
    expect((await world.only()).dueAtMs).toBe(RESET_MS + 5_000);
  });

  it.each([
    ['unknown', 0, 'usage_limit'],
    ['crash', 0.5, 'usage_limit'],
    ['user_exit', 1, 'user_exit'],
  ] as const)('takes %s, as sure as %d, for a limit that was sure: %s', async (reason, confidence, kept) => {
    await world.stopped(sessionAt(limited()));
    const { reset: _reset, ...other } = limited({ reason, confidence });
    await world.stopped(sessionAt(other));
    expect((await world.only()).stop.reason).toBe(kept);
  });

  it('waits for the new reset when the limit still holds', async () => {
    await world.stopped(sessionAt(limited()));
    await world.passes(605_000);
    const later = limited({
      recordId: 'record-2',
      reset: aReset(RESET_MS + 3_600_000),
      atMs: world.clock.nowMs(),
    });
    await world.stopped(sessionAt(later));
    expect((await world.only()).state).toBe('resuming');
    await world.ends(1, { ...ok, result: 'failed' });
    expect(await world.only()).toMatchObject({
      state: 'waiting',
      dueAtMs: RESET_MS + 3_605_000,
      withoutProgress: 1,
      stop: { recordId: 'record-2' },
    });
    await world.passes(3_600_000);
    expect(world.processes.started).toHaveLength(2);
  });

  it('opens a new episode when work that was saved is stopped again', async () => {
    await world.stopped(sessionAt(limited()));
    await world.passes(605_000);
    const nowMs = world.clock.nowMs() + 1_000;
    const again = limited({ recordId: 'record-2', atMs: nowMs, reset: aReset(nowMs + 3_600_000) });
    const session = sessionAt(again, { lastWork: { recordId: 'w', atMs: nowMs } });
    await world.progressed(session, 'work');
    await world.stopped(session);
    await world.ends(1, { ...ok, result: 'failed' });
    const states = (await world.episodes.list({ limit: 5 })).map(({ state }) => state);
    expect(states).toEqual(['waiting', 'saved']);
  });

  it('parks a resume that was refused its tools', async () => {
    await world.stopped(sessionAt(limited()));
    await world.passes(605_000);
    await world.progressed(working(world.clock.nowMs()), 'work');
    await world.ends(1, { ...ok, deniedTools: ['Edit'] });
    expect(await world.only()).toMatchObject({ state: 'parked', why: expect.stringContaining('Edit') });
  });

  it('tries again later when a resume did nothing, and parks at the cap', async () => {
    await world.stopped(sessionAt(limited()));
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      await world.passes(700_000);
      expect(world.processes.started).toHaveLength(attempt);
      await world.ends(attempt, ok);
    }
    expect(await world.only()).toMatchObject({
      state: 'parked',
      why: expect.stringContaining('without progress'),
    });
  });

  it('lets the user win: a prompt cancels the wait', async () => {
    await world.stopped(sessionAt(limited()));
    const prompt = { recordId: 'p', atMs: NOON + 60_000 };
    await world.progressed(
      aSession({ view: { turn: { kind: 'open', ...prompt }, lastPrompt: prompt } }),
      'prompt',
    );
    expect(await world.only()).toMatchObject({ state: 'cancelled', why: 'the session went on, not by us' });
    await world.passes(3_600_000);
    expect(world.processes.started).toEqual([]);
  });

  it('never resumes what the user ended, nor what it cannot name', async () => {
    await world.stopped(sessionAt(aStop({ reason: 'user_exit' })));
    expect(await world.only()).toMatchObject({
      state: 'cancelled',
      why: expect.stringContaining('left alone'),
    });
    await world.stopped(sessionAt(aStop({ reason: 'unknown', recordId: 'b' }), {}, { id: 'other' }));
    expect(await world.episodes.findOpen('other')).toMatchObject({ state: 'parked' });
    await world.passes(3_600_000);
    expect(world.processes.started).toEqual([]);
  });

  it('parks what is open in a live process when it is due', async () => {
    await world.stopped(sessionAt(limited(), {}, { liveness: 'alive', pid: 4711 }));
    await world.passes(605_000);
    expect(await world.only()).toMatchObject({ state: 'parked', why: expect.stringContaining('4711') });
    expect(world.processes.started).toEqual([]);
  });

  it('leaves history alone, but not a limit that still holds', async () => {
    const old = NOON - 24 * 3_600_000;
    await world.stopped(sessionAt(aStop({ atMs: old, reason: 'overloaded' })));
    await world.stopped(sessionAt(aStop({ atMs: NOON - 1, reason: 'user_exit' })));
    await expect(world.only()).rejects.toThrow('0 episodes');
    await world.stopped(sessionAt(limited({ atMs: old })));
    expect(await world.only()).toMatchObject({ state: 'waiting' });
  });

  it('acts on nothing while paused, and on what came due when it goes on', async () => {
    await world.engine.setPaused(true);
    await world.stopped(sessionAt(limited()));
    await world.passes(700_000);
    expect(world.processes.started).toEqual([]);
    await world.restart();
    await world.passes(60_000);
    expect(world.processes.started).toEqual([]);
    await world.engine.setPaused(false);
    await world.passes(0);
    expect(world.processes.started).toHaveLength(1);
  });

  it('parks when the agent cannot be started', async () => {
    world.processes.failure = new Error("could not start 'claude'");
    await world.stopped(sessionAt(limited()));
    await world.passes(605_000);
    expect(await world.only()).toMatchObject({ state: 'parked', why: "could not start 'claude'" });
  });

  it('ends a run that makes no progress', async () => {
    await world.stopped(sessionAt(limited()));
    await world.passes(605_000);
    await world.passes(1_000_000);
    expect(world.processes.signals).toEqual(['SIGTERM', 'SIGKILL']);
  });

  it('keeps to its number of resumes at a time', async () => {
    for (let n = 1; n <= 6; n += 1)
      await world.stopped(sessionAt(aStop({ recordId: `r${n}`, reason: 'network' }), {}, { id: `s${n}` }));
    await world.passes(40_000);
    expect(world.processes.started).toHaveLength(4);
    await world.ends(1, ok);
    await world.passes(0);
    expect(world.processes.started).toHaveLength(5);
  });
});

describe('EpisodeEngine, started again', () => {
  it('waits on after a restart in the wait, also when the reset passed meanwhile', async () => {
    await world.stopped(sessionAt(limited()));
    world.clock.jump(9 * 3_600_000);
    await world.restart();
    await world.passes(0);
    expect(world.processes.started).toHaveLength(1);
  });

  it('follows a run that outlived it, and starts no second one', async () => {
    await world.stopped(sessionAt(limited()));
    await world.passes(605_000);
    await world.restart();
    await world.passes(60_000);
    expect(world.processes.started).toHaveLength(1);
    world.sessions.known.set('session-1', working(world.clock.nowMs()));
    world.processes.end(1);
    await world.passes(1_000);
    expect(await world.only()).toMatchObject({ state: 'saved', attempts: 1 });
  });

  it('finds a run again whose process id was not stored any more', async () => {
    await world.stopped(sessionAt(limited()));
    await world.passes(605_000);
    await world.db.updateTable('runs').set({ pid: null }).execute();
    await world.restart();
    await world.passes(60_000);
    expect(world.processes.started).toHaveLength(1);
    expect(await world.runs.openOf('session-1')).toMatchObject({ pid: 1 });
  });

  it('starts a run that was stored and never started', async () => {
    await world.stopped(sessionAt(limited()));
    await world.passes(605_000);
    await world.db.updateTable('runs').set({ pid: null }).execute();
    world.processes.started.length = 0;
    await world.restart();
    await world.passes(0);
    expect(world.processes.started).toHaveLength(1);
    expect(await world.only()).toMatchObject({ state: 'resuming', attempts: 1 });
  });

  it('judges a run whose end was stored and not yet acted on', async () => {
    await world.stopped(sessionAt(limited()));
    await world.passes(605_000);
    const run = await world.runs.openOf('session-1');
    await world.runs.end(run?.id ?? '', ok, world.clock.nowMs());
    world.sessions.known.set('session-1', working(world.clock.nowMs()));
    await world.restart();
    expect(await world.only()).toMatchObject({ state: 'saved' });
  });

  it('plans an episode that was stored and not yet planned', async () => {
    await world.stopped(sessionAt(limited()));
    await world.db.updateTable('episodes').set({ state: 'detected', due_at_ms: null }).execute();
    await world.restart();
    expect(await world.only()).toMatchObject({ state: 'waiting', dueAtMs: RESET_MS + 5_000 });
  });
});
