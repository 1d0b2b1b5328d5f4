import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { aReset, aStop } from '../../test/support/an-episode.js';
import { FakeClock } from '../../test/support/fake-clock.js';
import { PlainAgent } from '../../test/support/plain-agent.js';
import { testConfig } from '../../test/support/test-config.js';
import { until } from '../../test/support/until.js';
import type { AgentCatalog } from '../agents/agent-catalog.js';
import type { DomainEvent } from '../core/events.js';
import type { ProcessInfo } from '../core/ports/process-host.js';
import { NoTelemetry } from '../core/ports/telemetry.js';
import type { SessionView } from '../core/session.js';
import type { Signal } from '../core/signal.js';
import { evidence, type Stop, type Verdict } from '../core/stop.js';
import { LocalEventBus } from '../platform/local-event-bus.js';
import { LocalProcessHost } from '../platform/local-process-host.js';
import { SessionRegistry } from './session-registry.js';

const MAX_EARLY = 1000;
const LIVENESS_MS = 2000;
const ASK_GRACE_MS = 10_000;
const { recordId: _recordId, atMs: _atMs, ...verdict } = aStop();

/** One process of it holds every session. */
class RunningAgent extends PlainAgent {
  override isOwn(argv: readonly string[]): boolean {
    return argv.length > 0;
  }
  override holds(_process: ProcessInfo): boolean {
    return true;
  }
}
class OneProcess extends LocalProcessHost {
  isOver = false;

  override async list(): Promise<readonly ProcessInfo[]> {
    return this.isOver ? [] : [{ pid: process.pid, argv: ['plain'] }];
  }
  override isAlive(): boolean {
    return !this.isOver;
  }
}

let dir: string;
let clock: FakeClock;
let processes: OneProcess;
let registry: SessionRegistry;
let events: DomainEvent[];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'registry-'));
  await mkdir(join(dir, 'sessions'));
  clock = new FakeClock(Date.now());
  events = [];
  const bus = new LocalEventBus();
  for (const type of ['session-stopped', 'wording-unknown', 'session-progressed'] as const)
    bus.on(type, (event) => events.push(event));
  const agent = new RunningAgent();
  agent.layout = {
    sessions: { kind: 'files', folder: { path: join(dir, 'sessions'), depth: 0 } },
    holders: { kind: 'processes' },
  };
  const catalog = { all: () => [agent] } as unknown as AgentCatalog;
  processes = new OneProcess();
  registry = new SessionRegistry(testConfig(dir), catalog, clock, bus, new NoTelemetry(), processes);
  registry.onApplicationBootstrap();
  await registry.whenCaughtUp();
});
afterEach(async () => {
  registry.onApplicationShutdown();
  await rm(dir, { recursive: true, force: true });
});

/** A record of a session's file; this agent's records are parts of the view. */
const write = (id: string, view: Partial<SessionView>) =>
  appendFile(join(dir, 'sessions', `${id}.jsonl`), `${JSON.stringify({ cwd: '/project', ...view })}\n`);
const open = (atMs = clock.nowMs()): Partial<SessionView> => ({
  turn: { kind: 'open', recordId: 'open', atMs },
});
const failed = (change: Partial<Verdict> = {}, recordId = 'record'): Partial<SessionView> => ({
  turn: { kind: 'failed', recordId, atMs: clock.nowMs(), verdict: { ...verdict, ...change } },
});
const exact = (
  sessionId: string,
  atMs = clock.nowMs(),
  resetAtMs = 5,
  kind: 'failed' | 'waits' = 'failed',
): Signal => ({ sessionId, atMs, source: 'hook', kind, verdict: { ...verdict, reset: aReset(resetAtMs) } });
/** Time goes by, and with it a look at every session. */
async function rescan(): Promise<void> {
  await clock.advance(30_000);
  for (const { id } of registry.list()) await registry.refresh(id);
}
const look = async (id: string): Promise<Stop | undefined> => (await registry.refresh(id))?.stop;
/** Reads a session whose file no event may have told of yet. */
async function found(id: string): Promise<Stop | undefined> {
  await rescan();
  return registry.find(id)?.stop;
}
const told = (type: DomainEvent['type']) => events.filter((event) => event.type === type);
const resetsTold = () =>
  events.flatMap((event) => (event.type === 'session-stopped' ? [event.stop.reset?.atMs] : []));

describe('signals of live sources', () => {
  it('make a stop more exact, which is told again, once', async () => {
    await write('s', failed());
    await found('s');
    registry.signal([exact('s')]);
    expect((await look('s'))?.reset).toEqual(aReset(5));
    registry.signal([exact('s')]);
    await look('s');
    expect(resetsTold()).toEqual([undefined, 5]);
  });

  it('may come before the session is known', async () => {
    registry.signal([exact('s')]);
    await write('s', failed());
    expect((await found('s'))?.reset).toEqual(aReset(5));
    expect(resetsTold()).toEqual([5]);
    expect(registry.find('nobody')).toBeUndefined();
  });

  it('count by their own time, not by the order in which they come', async () => {
    const now = clock.nowMs() + 30_000;
    registry.signal([exact('early', now, 2), exact('early', now - 1000, 1)]);
    await write('early', failed());
    await write('late', failed());
    await rescan();
    registry.signal([exact('late', now, 2), exact('late', now - 1000, 1)]);
    const stops = [await look('early'), await look('late')];
    expect(stops.map((stop) => stop?.reset?.atMs)).toEqual([2, 2]);
  });

  it('are kept for sessions nobody knows yet up to a bound, the newest', async () => {
    registry.signal([exact('dropped'), exact('again'), exact('kept')]);
    registry.signal([exact('again')]);
    registry.signal(Array.from({ length: MAX_EARLY - 2 }, (_, index) => exact(`other-${index}`)));
    for (const id of ['dropped', 'again', 'kept']) await write(id, failed());
    await rescan();
    const resets = ['dropped', 'again', 'kept'].map((id) => registry.find(id)?.stop?.reset?.atMs);
    expect(resets).toEqual([undefined, 5, 5]);
  });

  it('that ask a person make a stop when nobody answers, without anything else happening', async () => {
    await write('s', open());
    await found('s');
    registry.signal([
      {
        sessionId: 's',
        atMs: clock.nowMs(),
        source: 'hook',
        kind: 'asks',
        evidence: evidence('hook', 'asks', 'may I?'),
      },
    ]);
    expect(await look('s')).toBeUndefined();
    await clock.advance(ASK_GRACE_MS - LIVENESS_MS);
    expect(told('session-stopped')).toEqual([]);
    await clock.advance(2 * LIVENESS_MS);
    await until(async () => told('session-stopped').length > 0 || undefined, {
      timeoutMs: 3000,
      failure: () => 'no stop was told',
    });
    expect(told('session-stopped')).toMatchObject([
      { stop: { reason: 'awaiting_input', evidence: { text: 'may I?' } } },
    ]);
  });

  it('that the agent waits by itself are a stop of its own kind, which ends when it works on', async () => {
    await write('s', open());
    await found('s');
    registry.signal([exact('s', clock.nowMs(), clock.nowMs() + 3_600_000, 'waits')]);
    expect(await look('s')).toMatchObject({ reason: 'usage_limit', waitsItself: true });
    registry.signal([{ sessionId: 's', atMs: clock.nowMs(), source: 'server', kind: 'working' }]);
    expect(await look('s')).toBeUndefined();
    expect(told('session-stopped')).toHaveLength(1);
  });
});

describe('a process that outlives the turn of its session', () => {
  it('is seen to be gone once it is, though nothing is written', async () => {
    await write('s', { turn: { kind: 'ended', recordId: 'end', atMs: clock.nowMs() } });
    await found('s');
    expect(registry.find('s')).toMatchObject({ liveness: 'alive', stop: { reason: 'completed' } });
    processes.isOver = true;
    await clock.advance(LIVENESS_MS);
    await until(async () => registry.find('s')?.liveness === 'absent' || undefined, {
      timeoutMs: 3000,
      failure: () => 'it is still held',
    });
    expect(told('session-stopped')).toHaveLength(1);
  });
});

describe('unknown words', () => {
  it('are told once for each record, however often the stop is looked at or refined', async () => {
    await write('s', failed({ wordingUnknown: true }));
    await found('s');
    await rescan();
    registry.signal([exact('s')]);
    await look('s');
    expect(told('session-stopped')).toHaveLength(2);
    expect(told('wording-unknown')).toMatchObject([{ session: { id: 's' }, stop: { recordId: 'record' } }]);
    await write('s', failed({ wordingUnknown: true }, 'another'));
    await look('s');
    expect(told('wording-unknown')).toHaveLength(2);
  });

  it('are not told of where a rule knows them', async () => {
    await write('s', failed());
    await found('s');
    expect([told('session-stopped'), told('wording-unknown')].map(({ length }) => length)).toEqual([1, 0]);
  });
});

describe('the work of a helper', () => {
  it('is no session: not listed, not found, and nothing is told of it', async () => {
    await write('helper', { ...failed({ wordingUnknown: true }), isSubagent: true });
    await write('s', failed());
    await rescan();
    registry.signal([exact('helper')]);
    expect(await registry.refresh('helper')).toBeUndefined();
    await write('helper', { lastWork: { recordId: 'w', atMs: 1 } });
    await registry.refresh('helper');
    expect(registry.list().map(({ id }) => id)).toEqual(['s']);
    expect(registry.find('helper')).toBeUndefined();
    expect(events.every((event) => 'session' in event && event.session.id === 's')).toBe(true);
    expect(events).toHaveLength(1);
  });

  it('that is unfinished without a process is no crash of anything', async () => {
    await write('helper', { ...open(), isSubagent: true });
    await rescan();
    await clock.advance(60_000);
    await registry.refresh('helper');
    expect(events).toEqual([]);
  });
});

describe('a session that is only expected', () => {
  it('is found and listed as what was asked for, until its records say more', async () => {
    registry.expect('plain', 's', { cwd: '/asked', home: '/home', model: 'm', permissionMode: 'auto' });
    expect(registry.find('s')).toMatchObject({
      agent: 'plain',
      view: { cwd: '/asked', model: 'm' },
      liveness: 'alive',
    });
    expect(registry.list().map(({ id }) => id)).toEqual(['s']);
    expect(registry.find('s')).not.toHaveProperty('path');
    await writeFile(join(dir, 'sessions/s.jsonl'), '{"model":"other"}\n');
    await rescan();
    expect(registry.find('s')?.view).toMatchObject({ cwd: '/asked', model: 'other', permissionMode: 'auto' });
    expect(registry.list()).toHaveLength(1);
  });
});
