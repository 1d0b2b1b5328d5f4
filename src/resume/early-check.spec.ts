import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { aReset, aSession, aStop, NOON } from '../../test/support/an-episode.js';
import { EngineWorld } from '../../test/support/engine-world.js';
import type { EventOf } from '../core/events.js';
import type { SessionSnapshot } from '../core/session.js';

const HOUR_MS = 3_600_000;
const RESET_MS = NOON + HOUR_MS;
const EARLY_MS = HOUR_MS + 5_000 - 300_000;

let world: EngineWorld;
let told: EventOf<'preflight-troubled'>[];
async function start(...flags: string[]): Promise<void> {
  world = await EngineWorld.create('--resume.clock_check_s=3600', ...flags);
  listen();
}
function listen(): void {
  told = [];
  world.bus.on('preflight-troubled', (event) => told.push(event));
}
beforeEach(() => start());
afterEach(() => world.dispose());

function limited(id = 'session-1', resetMs = RESET_MS): SessionSnapshot {
  const stop = aStop({ reset: aReset(resetMs), recordId: `record of ${id}` });
  const { recordId, atMs, ...verdict } = stop;
  return aSession({
    id,
    stop,
    view: { ...aSession().view, turn: { kind: 'failed', recordId, atMs, verdict } },
  });
}
const kinds = () => told.map(({ problems }) => problems.map(({ kind }) => kind));

describe('EarlyCheck', () => {
  it('tells of trouble five minutes before the resume is due, and parks nothing yet', async () => {
    world.probe.missing.add('/project');
    await world.stopped(limited());
    await world.passes(EARLY_MS - 1_000);
    expect(told).toEqual([]);
    await world.passes(1_000);
    expect(kinds()).toEqual([['cwd_missing']]);
    expect(told[0]?.episode.dueAtMs).toBe(NOON + HOUR_MS + 5_000);
    expect((await world.only()).state).toBe('waiting');
  });

  it('says nothing where nothing is in the way', async () => {
    await world.stopped(limited());
    await world.passes(EARLY_MS + 1_000);
    expect(told).toEqual([]);
  });

  it('looks at once at what is due sooner than that', async () => {
    world.probe.missing.add('claude');
    await world.stopped(limited('session-1', NOON + 60_000));
    expect(kinds()).toEqual([['program_missing']]);
  });

  it('finds each kind of trouble', async () => {
    world.probe.missing.add('/project');
    world.probe.failure = 'killed';
    world.probe.freeMb = 50;
    world.agent.signs = { files: [{ path: '/home/.claude/login', says: /token/ }], variables: ['KEY'] };
    await world.stopped({ ...limited(), liveness: 'alive', pid: 4711 });
    await world.passes(EARLY_MS);
    expect(kinds()).toEqual([['live_writer', 'cwd_missing', 'program_fails', 'not_logged_in', 'disk_full']]);
    const words = told[0]?.problems.map(({ why }) => why).join('\n') ?? '';
    for (const word of ['process 4711', '/project', 'killed', '/home/.claude', 'resume.min_free_mb = 100'])
      expect(words).toContain(word);
  });

  it.each(['file', 'variable'])('takes a %s that shows a login for one', async (sign) => {
    world.agent.signs = { files: [{ path: '/login', says: /token/ }], variables: ['KEY'] };
    if (sign === 'file') world.probe.texts.set('/login', '{"token":"x"}');
    else world.probe.variables.add('KEY');
    await world.stopped(limited());
    await world.passes(EARLY_MS);
    expect(told).toEqual([]);
  });

  it('notices that the session is gone, or not at its stop any more', async () => {
    await world.stopped(limited('a'));
    await world.stopped(limited('b'));
    world.sessions.known.delete('a');
    world.sessions.known.set('b', {
      ...limited('b'),
      view: { turn: { kind: 'open', recordId: 'x', atMs: NOON } },
    });
    await world.passes(EARLY_MS);
    expect(kinds().flat().toSorted()).toEqual(['session_missing', 'session_moved_on']);
  });

  it('sees all that are due at the same instant, more than a page of them', async () => {
    world.probe.missing.add('/project');
    for (let count = 0; count < 120; count += 1) await world.stopped(limited(`s${count}`));
    await world.passes(EARLY_MS);
    expect(new Set(told.map(({ episode }) => episode.sessionId)).size).toBe(120);
  });

  it('tells the same trouble once, also after the due time moves', async () => {
    world.probe.missing.add('/project');
    await world.stopped(limited('session-1', NOON + 60_000));
    await world.stopped(limited('session-1', NOON + 90_000));
    expect(told).toHaveLength(1);
    expect((await world.only()).dueAtMs).toBe(NOON + 95_000);
  });

  it('looks at what is near after a restart', async () => {
    await world.stopped(limited());
    await world.passes(EARLY_MS + 1_000);
    world.probe.missing.add('/project');
    await world.restart();
    listen();
    await world.passes(0);
    expect(await world.only()).toMatchObject({ state: 'waiting' });
    await world.passes(300_000);
    expect(await world.only()).toMatchObject({ state: 'parked', why: expect.stringContaining('/project') });
  });
});

describe('the last look', () => {
  it.each([
    ['/project', 'put it back'],
    ['claude', 'install it, or set agents.claude-code.command'],
  ])('parks where %s is missing, and says what to do', async (missing, words) => {
    const withheld: string[] = [];
    world.bus.on('resume-withheld', ({ rule }) => withheld.push(rule));
    world.probe.missing.add(missing);
    await world.stopped(limited());
    await world.passes(HOUR_MS + 6_000);
    expect(await world.only()).toMatchObject({ state: 'parked', why: expect.stringContaining(words) });
    expect(withheld).toEqual(['preflight']);
    expect(world.processes.started).toEqual([]);
  });

  it('waits for room on the disk', async () => {
    world.probe.freeMb = 1;
    await world.stopped(limited());
    await world.passes(HOUR_MS + 6_000);
    expect(await world.only()).toMatchObject({ state: 'waiting', why: expect.stringContaining('make room') });
    world.probe.freeMb = 1_000;
    await world.passes(300_000);
    expect(world.processes.started).toHaveLength(1);
  });

  it('tries where only no login is found, or the program is slow to tell its version', async () => {
    world.agent.signs = { files: [], variables: ['KEY'] };
    world.probe.failure = 'it does not tell its version within 30 s';
    await world.stopped(limited());
    await world.passes(HOUR_MS + 6_000);
    expect(kinds()).toEqual([['program_fails', 'not_logged_in']]);
    expect(world.processes.started).toHaveLength(1);
  });
});
