import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { aReset, aSession, aStop, NOON } from '../../test/support/an-episode.js';
import { EngineWorld } from '../../test/support/engine-world.js';
import { Strategy, type Attempt, type Fit, type Work } from '../core/ports/strategy.js';
import type { SessionSnapshot } from '../core/session.js';
import type { Stop } from '../core/stop.js';

/** A holder that takes what it is told as a test says. */
class Telling extends Strategy {
  readonly id = 'telling';
  readonly rank = 1;
  readonly kind = 'same-session';
  readonly throughHolder = true;
  told = 0;
  halted = 0;
  isRefusing = false;
  failure: Error | undefined;

  fit({ session }: Attempt): Promise<Fit> {
    return Promise.resolve({ applies: session.liveness === 'alive' && !this.isRefusing, why: 'it is held' });
  }

  prepare(): Promise<Work> {
    return Promise.resolve({ kind: 'live', act: () => this.#act(), halt: () => this.#halt() });
  }

  async #halt(): Promise<void> {
    this.halted += 1;
  }

  async #act(): Promise<void> {
    this.told += 1;
    if (this.failure !== undefined) throw this.failure;
  }
}

const DUE_MS = 65_000;
const limit = aStop({ reset: aReset(NOON + 60_000) });
const held: SessionSnapshot = aSession({ liveness: 'alive', pid: 7, stop: limit });

/** The session after something happened in it. */
function at(turnKind: 'open' | 'ended', atMs: number, stop?: Partial<Stop>): SessionSnapshot {
  const ref = { recordId: `r-${atMs}`, atMs };
  const { stop: _stop, ...session } = held;
  const view = { ...held.view, turn: { kind: turnKind, ...ref }, lastPrompt: ref, lastWork: ref };
  return { ...session, view, ...(stop === undefined ? {} : { stop: aStop({ ...ref, ...stop }) }) };
}

let world: EngineWorld;
let telling: Telling;
beforeEach(async () => {
  world = await EngineWorld.create('--resume.clock_check_s=600');
  telling = new Telling();
  world.strategies.push(telling);
  await world.restart();
  await world.stopped(held);
  await world.passes(DUE_MS);
});
afterEach(() => world.dispose());

describe('a run in a process that is not ours', () => {
  it('is told once, and saved when the session shows work and its end', async () => {
    expect(telling.told).toBe(1);
    expect(await world.only()).toMatchObject({ state: 'resuming', attempts: 1 });
    expect(world.processes.started).toEqual([]);
    await world.progressed(at('open', world.clock.nowMs()), 'work');
    expect((await world.only()).state).toBe('verifying');
    await world.stopped(at('ended', world.clock.nowMs(), { reason: 'completed' }));
    expect(await world.only()).toMatchObject({ state: 'saved', attempts: 1 });
    expect(telling.told).toBe(1);
  });

  it('is not told again by a restarted service, which sees it through', async () => {
    await world.restart();
    await world.passes(30_000);
    expect(telling.told).toBe(1);
    expect((await world.only()).state).toBe('resuming');
    await world.progressed(at('open', world.clock.nowMs()), 'work');
    await world.stopped(at('ended', world.clock.nowMs(), { reason: 'completed' }));
    expect(await world.only()).toMatchObject({ state: 'saved', attempts: 1 });
    expect(telling.told).toBe(1);
  });

  it('has failed where the holder does not take it up, and is tried again after a wait', async () => {
    await world.passes(59_000);
    expect((await world.only()).state).toBe('resuming');
    await world.passes(10_000);
    expect(await world.only()).toMatchObject({ state: 'waiting', withoutProgress: 1 });
    await world.passes(80_000);
    expect(telling.told).toBe(2);
  });

  it('ends with the stop the session comes to, and waits for that', async () => {
    const reset = aReset(world.clock.nowMs() + 3_600_000);
    await world.stopped({ ...at('ended', world.clock.nowMs(), { reset }), view: held.view });
    expect(await world.only()).toMatchObject({ state: 'waiting', dueAtMs: reset.atMs + 5000 });
  });

  it('has failed where it makes no progress', async () => {
    const asked = at('open', world.clock.nowMs());
    const { lastWork: _work, ...view } = asked.view;
    await world.progressed({ ...asked, view }, 'prompt');
    await world.passes(890_000);
    expect((await world.only()).state).toBe('resuming');
    await world.passes(20_000);
    expect(await world.only()).toMatchObject({ state: 'waiting', stop: { reason: 'timeout' } });
    expect(telling.told).toBe(1);
  });
});

describe('a session that compacts its context', () => {
  it('has not ended with the summary, but with the work that follows', async () => {
    const nowMs = world.clock.nowMs();
    const ended = at('ended', nowMs, { reason: 'completed' });
    const { lastWork: _work, ...view } = ended.view;
    await world.stopped({ ...ended, view: { ...view, compactionsInARow: 1 } });
    await world.passes(60_000);
    expect((await world.only()).state).toBe('resuming');
    await world.progressed(at('open', world.clock.nowMs()), 'work');
    await world.stopped(at('ended', world.clock.nowMs(), { reason: 'completed' }));
    expect(await world.only()).toMatchObject({ state: 'saved', attempts: 1 });
  });
});

describe('a session that only compacts its context', () => {
  it('is stopped once, and is not taken for one that its user has interrupted', async () => {
    telling.isRefusing = true;
    const nowMs = world.clock.nowMs();
    const open = at('open', nowMs);
    const { lastWork: _work, ...view } = open.view;
    const circling = { ...open, view: { ...view, compactionsInARow: 2 } };
    await world.progressed(circling, 'prompt');
    expect(telling.halted).toBe(1);
    await world.passes(60_000);
    const parked = { state: 'parked', stop: { reason: 'context_exhausted', recordId: `r-${nowMs}` } };
    expect(await world.only()).toMatchObject(parked);
    await world.stopped({ ...at('open', nowMs, { reason: 'user_exit' }), view });
    expect(await world.only()).toMatchObject(parked);
  });
});

describe('a holder that cannot be told', () => {
  it('is asked again after a wait, and nothing is started beside it', async () => {
    await world.passes(70_000);
    telling.failure = new Error('gone');
    await world.passes(80_000);
    expect(telling.told).toBe(2);
    expect(await world.only()).toMatchObject({ state: 'waiting', withoutProgress: 2 });
    expect(world.processes.started).toEqual([]);
  });

  it('is left alone where its session went on meanwhile', async () => {
    await world.passes(70_000);
    await world.progressed(at('open', world.clock.nowMs()), 'prompt');
    expect(await world.only()).toMatchObject({ state: 'cancelled' });
    await world.passes(600_000);
    expect(telling.told).toBe(1);
  });
});
