import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { aReset, aSession, aStop, NOON } from '../../test/support/an-episode.js';
import { EngineWorld } from '../../test/support/engine-world.js';
import { Strategy, type Fit, type Work } from '../core/ports/strategy.js';
import type { ControlUse } from '../core/control.js';
import type { SessionSnapshot } from '../core/session.js';
import type { Stop } from '../core/stop.js';

const ID = 'session-1';
const API = { via: 'api', address: '127.0.0.1' } as const;
const RESET_MS = NOON + 600_000;
const UNENDED = { result: 'none', deniedTools: [] } as const;

/** Stands for the strategy that hands over, which never applies by itself here. */
class HandOver extends Strategy {
  readonly id = 'new-session';
  readonly rank = 60;
  readonly kind = 'same-session';
  readonly throughHolder = false;

  fit(): Promise<Fit> {
    return Promise.resolve({ applies: false, why: 'not by itself' });
  }

  prepare(): Promise<Work> {
    const command = { file: 'agent', args: ['hand over'], cwd: '/', env: {}, stdin: '' };
    return Promise.resolve({ kind: 'process', command });
  }
}

let world: EngineWorld;
let uses: ControlUse[];
async function start(...flags: string[]): Promise<void> {
  world = await EngineWorld.create('--resume.clock_check_s=600', ...flags);
  listen();
}
function listen(): void {
  uses = [];
  world.bus.on('control-used', ({ control }) => uses.push(control));
}
beforeEach(() => start());
afterEach(() => world.dispose());

/** A session that stands at a stop: a limit which lifts in ten minutes, or another. */
function stopped(change: Partial<Stop> = {}): SessionSnapshot {
  const stop = aStop({ reset: aReset(RESET_MS), ...change });
  const { recordId, atMs, ...verdict } = stop;
  return aSession({ stop, view: { ...aSession().view, turn: { kind: 'failed', recordId, atMs, verdict } } });
}
const refusal = (code: string) => expect.objectContaining({ code });

describe('resume now', () => {
  it('does not wait for the reset, nor for what the rules say', async () => {
    await world.reload('--resume.mode=observe', '--agents.claude-code.resume=false');
    await world.stopped(stopped());
    expect((await world.only()).state).toBe('parked');
    const { episode } = await world.control.resumeNow(ID, API);
    expect(episode).toMatchObject({
      state: 'waiting',
      dueAtMs: NOON,
      why: 'resumed now, as api 127.0.0.1 asks',
    });
    await world.passes(0);
    expect(await world.only()).toMatchObject({ state: 'resuming', attempts: 1 });
    expect(world.processes.started).toHaveLength(1);
    expect(uses).toMatchObject([{ action: 'resume', isDone: true, origin: API, episodeId: episode?.id }]);
  });

  it('is held by the rules again the next time', async () => {
    await world.reload('--agents.claude-code.resume=false');
    await world.stopped(stopped());
    await world.control.resumeNow(ID, API);
    await world.passes(0);
    await world.ends(1, { ...UNENDED, result: 'failed' });
    expect((await world.only()).state).toBe('parked');
  });

  it('is not held by the rules either where the service is started anew before it can act', async () => {
    await world.reload('--resume.mode=observe');
    await world.stopped({ ...stopped(), liveness: 'alive', pid: 4711 });
    await world.control.resumeNow(ID, API);
    await world.passes(0);
    expect(await world.only()).toMatchObject({ state: 'waiting', attempts: 0 });
    world.sessions.known.set(ID, stopped());
    await world.restart();
    await world.passes(60_000);
    expect(world.processes.started).toHaveLength(1);
  });

  it('goes on with what was parked at a cap', async () => {
    await world.reload('--resume.max_attempts=1');
    await world.stopped(stopped());
    await world.passes(605_000);
    await world.ends(1, { ...UNENDED, result: 'failed' });
    expect(await world.only()).toMatchObject({
      state: 'parked',
      why: expect.stringContaining('max_attempts'),
    });
    await world.control.resumeNow(ID, API);
    await world.passes(0);
    expect(world.processes.started).toHaveLength(2);
  });

  it('takes up an old stop that was left alone', async () => {
    await world.stopped(stopped({ atMs: NOON - 72 * 3_600_000, reset: aReset(NOON - 70 * 3_600_000) }));
    await expect(world.only()).rejects.toThrow('0 episodes');
    await world.control.resumeNow(ID, API);
    await world.passes(0);
    expect(world.processes.started).toHaveLength(1);
  });

  it('refuses while a run works on it, while paused, and where there is nothing to go on with', async () => {
    await expect(world.control.resumeNow('nobody', API)).rejects.toEqual(refusal('not-found'));
    await world.stopped(stopped({ reason: 'completed' }));
    await expect(world.control.resumeNow(ID, API)).rejects.toEqual(refusal('nothing-to-do'));
    await world.stopped(stopped());
    await world.engine.setPaused(true, API);
    await expect(world.control.resumeNow(ID, API)).rejects.toEqual(refusal('paused'));
    await world.engine.setPaused(false, API);
    await world.control.resumeNow(ID, API);
    await world.passes(0);
    await expect(world.control.resumeNow(ID, API)).rejects.toEqual(refusal('run-in-progress'));
    expect(world.processes.started).toHaveLength(1);
    expect(uses.map(({ isDone }) => isDone)).toEqual([false, false, false, true, false]);
  });

  it('is done once, however often it is asked for at the same time', async () => {
    await world.stopped(stopped());
    await Promise.allSettled([1, 2, 3].map(() => world.control.resumeNow(ID, API)));
    await world.passes(60_000);
    expect(world.processes.started).toHaveLength(1);
  });

  it('says that an interrupted session is the user’s', async () => {
    await world.stopped(stopped({ reason: 'user_exit' }));
    await expect(world.control.resumeNow(ID, API)).rejects.toThrow('dealt with (cancelled');
  });
});

describe('new session', () => {
  it('is refused with a code of its own while there is no strategy for it', async () => {
    await world.stopped(stopped());
    await expect(world.control.newSession(ID, API)).rejects.toEqual(refusal('strategy-unavailable'));
    expect((await world.only()).state).toBe('waiting');
  });

  it('goes by that strategy, though another would be taken', async () => {
    world.strategies.push(new HandOver());
    await world.restart();
    listen();
    await world.stopped(stopped());
    await world.control.newSession(ID, API);
    await world.passes(0);
    expect(world.processes.started).toMatchObject([{ args: ['hand over'] }]);
    expect(uses).toMatchObject([{ action: 'new-session', isDone: true }]);
    await world.ends(1, { ...UNENDED, result: 'failed' });
    await world.passes(3_600_000);
    expect(world.processes.started[1]).toMatchObject({ args: ['resume', ID] });
  });
});

describe('skip', () => {
  it('leaves the session alone until its next stop', async () => {
    await world.stopped(stopped());
    await world.control.skip(ID, API);
    await world.stopped(stopped());
    await world.passes(3_600_000);
    expect(await world.only()).toMatchObject({
      state: 'cancelled',
      why: 'skipped by api 127.0.0.1: left alone until it stops the next time',
    });
    await world.stopped(stopped({ recordId: 'record-2', reset: aReset(world.clock.nowMs() + 1000) }));
    await world.passes(60_000);
    expect(world.processes.started).toHaveLength(1);
  });

  it('refuses where there is nothing to skip', async () => {
    world.sessions.known.set(ID, aSession());
    await expect(world.control.skip(ID, API)).rejects.toEqual(refusal('nothing-to-do'));
  });
});

describe('abort', () => {
  it('ends our resume with its group, first asked, then made to, and does not take it up again', async () => {
    await world.stopped(stopped());
    await world.passes(605_000);
    await world.control.abort(ID, { via: 'cli' });
    expect(world.processes.signals).toEqual(['SIGTERM']);
    await world.passes(5_000);
    expect(world.processes.signals).toEqual(['SIGTERM', 'SIGKILL']);
    await world.ends(1, UNENDED);
    expect(await world.only()).toMatchObject({ state: 'cancelled', why: 'left alone: aborted by cli' });
    await world.passes(3_600_000);
    expect(world.processes.started).toHaveLength(1);
  });

  it('is remembered by the next service', async () => {
    await world.stopped(stopped());
    await world.passes(605_000);
    await world.control.abort(ID, API);
    await world.restart();
    expect(world.processes.signals).toEqual(['SIGTERM', 'SIGTERM']);
    world.agent.outcome = UNENDED;
    world.processes.end(1);
    await world.passes(1_000);
    expect(await world.only()).toMatchObject({ state: 'cancelled' });
  });

  it('does not undo what was done already', async () => {
    await world.stopped(stopped());
    await world.passes(605_000);
    const atMs = world.clock.nowMs();
    const turn = { kind: 'open', recordId: 'work', atMs } as const;
    const { stop: _stop, ...session } = aSession({ view: { ...aSession().view, turn, lastWork: turn } });
    await world.progressed(session, 'work');
    await world.control.abort(ID, API);
    await world.ends(1, UNENDED);
    const states = (await world.episodes.list({ limit: 5 })).map(({ state }) => state);
    expect(states).toEqual(['cancelled', 'saved']);
    await world.passes(3_600_000);
    expect(world.processes.started).toHaveLength(1);
  });

  it('refuses where the run is not ours', async () => {
    world.sessions.known.set(ID, aSession({ liveness: 'alive', pid: 4711 }));
    await expect(world.control.abort(ID, API)).rejects.toThrow('process 4711 that holds it is not ours');
  });
});

describe('ack', () => {
  it('sends a parked episode on, under the rules', async () => {
    await world.stopped(stopped({ reason: 'auth' }));
    await world.control.ack(ID, API, 'retry');
    await world.passes(0);
    expect(world.processes.started).toHaveLength(1);
  });

  it('closes it', async () => {
    await world.stopped(stopped({ reason: 'billing' }));
    await world.control.ack(ID, API, 'close');
    expect(await world.only()).toMatchObject({ state: 'cancelled', why: 'closed by api 127.0.0.1' });
  });

  it('refuses what is not parked', async () => {
    await world.stopped(stopped());
    await expect(world.control.ack(ID, API, 'retry')).rejects.toEqual(refusal('nothing-to-do'));
  });
});

describe('the pause', () => {
  it('is told with its origin, and keeps what is due, said once', async () => {
    const told: unknown[] = [];
    world.bus.on('pause-changed', (event) => told.push(event));
    world.bus.on('resume-withheld', ({ rule }) => told.push(rule));
    await world.engine.setPaused(true, API);
    await world.stopped(stopped());
    await world.passes(3_600_000);
    expect(told).toEqual([{ type: 'pause-changed', paused: true, origin: API }, 'paused']);
  });
});
