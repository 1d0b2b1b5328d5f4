import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { aReset, aSession, aStop } from '../../test/support/an-episode.js';
import { EngineWorld } from '../../test/support/engine-world.js';
import { Strategy, type Attempt, type Fit, type Work } from '../core/ports/strategy.js';
import type { RunOutcome } from '../core/run.js';
import type { SessionSnapshot, SessionView } from '../core/session.js';
import type { Stop } from '../core/stop.js';

class Successor extends Strategy {
  readonly id = 'new-session';
  readonly rank = 90;
  readonly kind = 'new-session';
  readonly throughHolder = false;

  fit({ earlier }: Attempt): Promise<Fit> {
    return Promise.resolve({ applies: earlier.length === 0, why: 'once' });
  }

  prepare(): Promise<Work> {
    const launch = (id: string) => ({ file: 'agent', args: ['launch', id], cwd: '/', env: {}, stdin: 'x' });
    return Promise.resolve({ kind: 'new-session', launch });
  }
}

const full = aStop({ reason: 'context_exhausted' });
const ok: RunOutcome = { result: 'ok', deniedTools: [] };

let world: EngineWorld;
beforeEach(async () => {
  world = await EngineWorld.create('--resume.clock_check_s=600');
  world.strategies.push(new Successor());
  await world.restart();
  await world.stopped(aSession({ stop: full }));
  await world.passes(1);
});
afterEach(() => world.dispose());

/** The session that was begun, as it stands. */
function successor(view: Partial<SessionView>, stop?: Stop): SessionSnapshot {
  const id = world.processes.started[0]?.args[1] ?? '';
  const { stop: _stop, ...rest } = aSession({ id });
  return { ...rest, view: { ...rest.view, ...view }, ...(stop === undefined ? {} : { stop }) };
}

describe('a session that takes over', () => {
  it('is begun at once, and its work saves the episode of the one before, which names it', async () => {
    expect(world.processes.started).toHaveLength(1);
    expect((await world.only()).state).toBe('resuming');
    const atMs = world.clock.nowMs();
    const work = { recordId: 'w', atMs };
    const session = successor({ turn: { kind: 'open', ...work }, lastWork: work });
    await world.progressed(session, 'work');
    expect(await world.only()).toMatchObject({ state: 'verifying', successor: session.id });
    await world.ends(1, ok);
    expect(await world.only()).toMatchObject({ state: 'saved', attempts: 1, successor: session.id });
  });

  it('goes on in an episode of its own where it stopped at once and waiting mends that', async () => {
    const atMs = world.clock.nowMs();
    const stop = aStop({ recordId: 'limit', atMs, reset: aReset(atMs + 600_000) });
    const { recordId: _id, atMs: _at, ...verdict } = stop;
    const session = successor({ turn: { kind: 'failed', recordId: 'limit', atMs, verdict } }, stop);
    await world.stopped(session);
    await world.ends(1, { result: 'failed', deniedTools: [], verdict });
    const [own, before] = await world.episodes.list({ limit: 10 });
    expect(before).toMatchObject({ state: 'cancelled', successor: session.id });
    expect(own).toMatchObject({ state: 'waiting', sessionId: session.id });
    await world.passes(605_000);
    expect(world.processes.started.at(-1)?.args).toEqual(['resume', session.id]);
  });

  it('is left to a human where it is full at once, too: none is begun after it', async () => {
    const atMs = world.clock.nowMs();
    const stop = aStop({ reason: 'context_exhausted', recordId: 'full', atMs });
    const { recordId: _id, atMs: _at, ...verdict } = stop;
    const session = successor({ turn: { kind: 'failed', recordId: 'full', atMs, verdict } }, stop);
    await world.stopped(session);
    await world.ends(1, { result: 'failed', deniedTools: [], verdict });
    expect(await world.only()).toMatchObject({ state: 'parked' });
    await world.passes(3_600_000);
    expect(world.processes.started).toHaveLength(1);
  });

  it('is followed further by a restarted service', async () => {
    await world.restart();
    const work = { recordId: 'w', atMs: world.clock.nowMs() };
    await world.progressed(successor({ turn: { kind: 'open', ...work }, lastWork: work }), 'work');
    await world.passes(1000);
    world.processes.end(1);
    await world.passes(1000);
    expect(await world.only()).toMatchObject({ state: 'saved', attempts: 1 });
    expect(world.processes.started).toHaveLength(1);
  });
});
