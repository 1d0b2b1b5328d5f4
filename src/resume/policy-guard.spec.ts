import { afterEach, describe, expect, it } from '@jest/globals';
import { aReset, aSession, aStop, NOON } from '../../test/support/an-episode.js';
import { EngineWorld } from '../../test/support/engine-world.js';
import type { EventOf } from '../core/events.js';
import type { SessionSnapshot } from '../core/session.js';

const HOUR_MS = 3_600_000;
const RESET_MS = NOON + 600_000;
const DUE_MS = RESET_MS + 5_000;

let world: EngineWorld;
let withheld: EventOf<'resume-withheld'>[];
async function start(...flags: string[]): Promise<void> {
  world = await EngineWorld.create('--resume.clock_check_s=600', '--resume.quiet_zone=UTC', ...flags);
  withheld = [];
  world.bus.on('resume-withheld', (event) => withheld.push(event));
}
afterEach(() => world.dispose());

/** A session that stands at a limit which lifts in ten minutes. */
function limited(id = 'session-1', resetMs = RESET_MS): SessionSnapshot {
  // A reason of its own: nobody waits for another session of the account.
  const stop = aStop({ reason: 'network', reset: aReset(resetMs), recordId: `record of ${id}` });
  const { recordId, atMs, ...verdict } = stop;
  return aSession({
    id,
    stop,
    view: { ...aSession().view, turn: { kind: 'failed', recordId, atMs, verdict } },
  });
}

describe('PolicyGuard', () => {
  it('parks at once what is never to be resumed, and says which setting says so', async () => {
    await start('--agents.claude-code.resume=false');
    await world.stopped(limited());
    expect(await world.only()).toMatchObject({
      state: 'parked',
      why: expect.stringContaining('agents.claude-code.resume = false'),
    });
    expect(withheld).toMatchObject([{ rule: 'agent_off' }]);
  });

  it.each([
    ['/project', 'parked'],
    ['/proj*', 'parked'],
    ['/project/**', 'parked'],
    ['/other/**', 'waiting'],
  ])('holds folders against the glob %s: %s', async (path, state) => {
    await start(`--resume.projects=[{"path":"${path}","resume":false}]`);
    await world.stopped(limited());
    expect(await world.only()).toMatchObject({ state });
  });

  it('takes folders that begin with a dot for folders', async () => {
    await start('--resume.projects=[{"path":"/home/**","resume":false}]');
    const session = limited();
    await world.stopped({ ...session, view: { ...session.view, cwd: '/home/ann/.worktrees/x' } });
    expect((await world.only()).state).toBe('parked');
  });

  it('plans for the end of the quiet hours', async () => {
    await start('--resume.quiet_hours=12:05-15:00');
    await world.stopped(limited());
    expect(await world.only()).toMatchObject({
      state: 'waiting',
      dueAtMs: NOON + 3 * HOUR_MS,
      why: expect.stringContaining('quiet hours'),
    });
    await world.passes(2 * HOUR_MS);
    expect(world.processes.started).toEqual([]);
    await world.passes(HOUR_MS + 1_000);
    expect(world.processes.started).toHaveLength(1);
    expect(withheld).toMatchObject([{ rule: 'quiet_hours', untilMs: NOON + 3 * HOUR_MS }]);
  });

  it('looks again right before acting: what the user changed meanwhile counts', async () => {
    await start();
    await world.stopped(limited());
    await world.reload('--resume.quiet_hours=12:05-15:00');
    await world.passes(DUE_MS - NOON + 1_000);
    expect(await world.only()).toMatchObject({ state: 'waiting', dueAtMs: NOON + 3 * HOUR_MS });
    await world.reload('--resume.mode=observe');
    await world.passes(3 * HOUR_MS);
    expect(await world.only()).toMatchObject({ state: 'parked' });
    expect(world.processes.started).toEqual([]);
  });

  it('only observes: decides, says what it would have done and when, and does nothing', async () => {
    await start('--resume.mode=observe');
    await world.stopped(limited());
    expect(await world.only()).toMatchObject({
      state: 'waiting',
      dueAtMs: DUE_MS,
      why: expect.stringContaining('only observed'),
    });
    await world.passes(DUE_MS - NOON + 1_000);
    expect(await world.only()).toMatchObject({
      state: 'parked',
      why: expect.stringContaining(
        'resume 1 of the same session would start now, as acceptEdits in /project',
      ),
    });
    expect(withheld).toMatchObject([{ rule: 'observe', episode: { dueAtMs: DUE_MS } }]);
    expect(world.processes.started).toEqual([]);
  });

  it('spends no more than the budget, and goes on when there is room again', async () => {
    await start('--resume.budget_per_h=2');
    for (const id of ['a', 'b', 'c']) await world.stopped(limited(id));
    await world.passes(DUE_MS - NOON + 1_000);
    expect(world.processes.started).toHaveLength(2);
    const waiting = await world.episodes.list({ state: 'waiting', limit: 5 });
    expect(waiting).toMatchObject([{ dueAtMs: DUE_MS + HOUR_MS, why: expect.stringContaining('budget') }]);
    expect(withheld).toMatchObject([{ rule: 'budget', untilMs: DUE_MS + HOUR_MS }]);
    await world.passes(HOUR_MS);
    expect(world.processes.started).toHaveLength(3);
  });

  it('counts the resumes of a folder within a day', async () => {
    await start('--resume.projects=[{"path":"/project","max_per_day":1}]');
    await world.stopped(limited('a'));
    await world.stopped(limited('b', RESET_MS + 60_000));
    await world.passes(HOUR_MS);
    expect(world.processes.started).toHaveLength(1);
    expect(withheld).toMatchObject([{ rule: 'project_cap', untilMs: DUE_MS + 24 * HOUR_MS }]);
  });

  it('counts what an earlier service has started', async () => {
    await start('--resume.budget_per_h=1');
    await world.stopped(limited('a'));
    await world.passes(DUE_MS - NOON + 1_000);
    await world.restart();
    await world.stopped(limited('b'));
    expect(await world.episodes.findOpen('b')).toMatchObject({ dueAtMs: DUE_MS + HOUR_MS });
  });

  it('tells each reason once, however often it looks', async () => {
    await start();
    await world.stopped({ ...limited(), stop: { ...aStop(), waitsItself: true }, liveness: 'alive' });
    const before = withheld.length;
    const episode = await world.only();
    world.guard.withheld(episode, 'preflight', 'the disk is full');
    world.guard.withheld(episode, 'preflight', 'the disk is full');
    world.guard.withheld(episode, 'preflight', 'the folder is gone');
    expect(withheld.slice(before).map(({ why }) => why)).toEqual(['the disk is full', 'the folder is gone']);
  });
});
