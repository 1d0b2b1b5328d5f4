import { appendFile, mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { linesOf, recordings } from '../../test/contracts/recordings.js';
import { FakeClock } from '../../test/support/fake-clock.js';
import { testConfig } from '../../test/support/test-config.js';
import { until } from '../../test/support/until.js';
import type { AgentCatalog } from '../agents/agent-catalog.js';
import { ClaudeCodeAdapter } from '../agents/claude-code/claude-code.adapter.js';
import type { DomainEvent } from '../core/events.js';
import { NoTelemetry } from '../core/ports/telemetry.js';
import { LocalEventBus } from '../platform/local-event-bus.js';
import { LocalProcessHost } from '../platform/local-process-host.js';
import { FileSession } from './file-session.js';
import { SessionRegistry } from './session-registry.js';

const LIMITED = recordings('claude-code').find(({ scenario }) => scenario === 'usage_limit');
const ID = LIMITED?.files[0]?.match(/([^/]+)\.jsonl$/)?.[1] ?? '';

let dir: string;
let path: string;
let clock: FakeClock;
let registry: SessionRegistry;
let events: DomainEvent[];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'registry-'));
  await mkdir(join(dir, '.claude/projects/-home-dev-project'), { recursive: true });
  await mkdir(join(dir, '.claude/sessions'));
  path = join(dir, '.claude/projects/-home-dev-project', `${ID}.jsonl`);
  events = [];
  clock = new FakeClock(Date.now());
});
afterEach(async () => {
  registry.onApplicationShutdown();
  await rm(dir, { recursive: true, force: true });
});

async function start(homes?: readonly string[]): Promise<void> {
  const config = testConfig(dir);
  const agent = new ClaudeCodeAdapter(config);
  if (homes !== undefined) agent.configuredHomes = () => homes;
  const bus = new LocalEventBus();
  bus.on('session-stopped', (event) => events.push(event));
  bus.on('session-progressed', (event) => events.push(event));
  const catalog = { all: () => [agent] } as unknown as AgentCatalog;
  registry = new SessionRegistry(config, catalog, clock, bus, new NoTelemetry(), new LocalProcessHost());
  registry.onApplicationBootstrap();
  await registry.whenCaughtUp();
}

const lines = () => {
  if (LIMITED === undefined) throw new Error('the recording is missing');
  return linesOf(LIMITED, LIMITED.files[0] ?? '');
};
const claim = (pid: number, procStart?: string) =>
  writeFile(join(dir, '.claude/sessions', `${pid}.json`), JSON.stringify({ pid, sessionId: ID, procStart }));
const untilEvent = (type: string) =>
  until(() => Promise.resolve(events.find((event) => event.type === type)), {
    failure: () => `no ${type}; seen: ${JSON.stringify(events)}`,
    timeoutMs: 5000,
  });
const stopsSeen = () =>
  events.flatMap((event) => (event.type === 'session-stopped' ? [event.stop.reason] : []));

describe('SessionRegistry', () => {
  it('finds the stop of a session that ended before it looked', async () => {
    await writeFile(path, `${lines().join('\n')}\n`);
    await start();
    expect(stopsSeen()).toEqual(['usage_limit']);
    expect(registry.find(ID)).toMatchObject({
      agent: 'claude-code',
      liveness: 'absent',
      view: { cwd: '/home/dev/project', permissionMode: 'acceptEdits', interactive: false },
      stop: { reason: 'usage_limit', window: 'five_hour' },
    });
  });

  it('sees work, then the stop, as they are written, each once', async () => {
    const [error, ...work] = lines()
      .toReversed()
      .filter((line) => !line.includes('"last-prompt"'));
    await writeFile(path, `${work.toReversed().slice(0, 8).join('\n')}\n`);
    await claim(process.pid);
    await start();
    expect(events).toEqual([]);
    await appendFile(path, `${work.toReversed().slice(8).join('\n')}\n`);
    await untilEvent('session-progressed');
    await appendFile(path, `${error}\n`);
    await untilEvent('session-stopped');
    await registry.refresh(ID);
    await registry.refresh(ID);
    expect(stopsSeen()).toEqual(['usage_limit']);
  });

  it('takes a session that lies in two homes from the one it was used in last, and stays with it', async () => {
    const other = join(dir, 'other');
    const copy = join(other, 'projects/-home-dev-project', `${ID}.jsonl`);
    await mkdir(dirname(copy), { recursive: true });
    await writeFile(path, `${lines().join('\n')}\n`);
    await writeFile(copy, `${lines().slice(0, 7).join('\n')}\n`);
    const yesterday = Date.now() / 1000 - 86_400;
    await utimes(copy, yesterday, yesterday);
    await start([other, join(dir, '.claude')]);
    for (let scan = 0; scan < 3; scan += 1) {
      await clock.advance(30_000);
      await registry.refresh(ID);
      expect(registry.find(ID)).toMatchObject({ path, stop: { reason: 'usage_limit' } });
    }
    expect(stopsSeen()).toEqual(['usage_limit']);
  });

  it('meets a session in a folder that did not exist before', async () => {
    await start();
    const folder = join(dir, '.claude/projects/-new');
    await mkdir(folder);
    await writeFile(join(folder, `${ID}.jsonl`), `${lines().join('\n')}\n`);
    await untilEvent('session-stopped');
  });

  it('calls an unfinished turn a crash when its process has been gone for two looks', async () => {
    await writeFile(path, `${lines().slice(0, 7).join('\n')}\n`);
    await claim(process.pid, '1');
    await start();
    expect(registry.find(ID)).toMatchObject({ liveness: 'unknown' });
    expect(stopsSeen()).toEqual([]);
    await clock.advance(4_000);
    await untilEvent('session-stopped');
    expect(registry.find(ID)).toMatchObject({ liveness: 'dead', stop: { reason: 'crash' } });
  });

  it('does not look again and again at what it has called a crash', async () => {
    await writeFile(path, `${lines().slice(0, 7).join('\n')}\n`);
    await claim(process.pid, '1');
    await start();
    await clock.advance(4_000);
    await untilEvent('session-stopped');
    const look = jest.spyOn(FileSession.prototype, 'advance');
    await clock.advance(20_000);
    expect(look).not.toHaveBeenCalled();
    look.mockRestore();
  });

  it('has patience anew with a turn that begins before its process was seen', async () => {
    await writeFile(path, `${lines().slice(0, 7).join('\n')}\n`);
    await claim(process.pid, '1');
    await start();
    await clock.advance(4_000);
    await untilEvent('session-stopped');
    const prompt = { type: 'user', uuid: 'next', timestamp: new Date().toISOString() };
    await appendFile(path, `${JSON.stringify({ ...prompt, message: { content: 'go on' } })}\n`);
    await untilEvent('session-progressed');
    await clock.advance(1_000);
    expect(registry.find(ID)).toMatchObject({ liveness: 'unknown' });
    expect(stopsSeen()).toEqual(['crash']);
  });

  it('reads the youngest first, a few at a time', async () => {
    const ids = Array.from({ length: 40 }, (_, n) => ID.replace(/^.{8}/, String(10_000_000 + n)));
    for (const [n, id] of ids.entries()) {
      const file = join(dirname(path), `${id}.jsonl`);
      await writeFile(file, `${lines().join('\n')}\n`.replaceAll(ID, id));
      await utimes(file, Date.now() / 1000, Date.now() / 1000 - n);
    }
    await start();
    const order = events.flatMap((event) => (event.type === 'session-stopped' ? [event.session.id] : []));
    expect(order.toSorted()).toEqual(ids);
    expect(ids.indexOf(order[0] ?? '')).toBeLessThan(8);
    expect(ids.indexOf(order.at(-1) ?? '')).toBeGreaterThanOrEqual(32);
  });

  it('leaves an unfinished turn alone while its process lives', async () => {
    await writeFile(path, `${lines().slice(0, 7).join('\n')}\n`);
    await claim(process.pid);
    await start();
    await clock.advance(60_000);
    await registry.refresh(ID);
    expect(registry.find(ID)).toMatchObject({ liveness: 'alive', pid: process.pid });
    expect(stopsSeen()).toEqual([]);
  });

  it('does not call a crash in a home that keeps no claims', async () => {
    await rm(join(dir, '.claude/sessions'), { recursive: true });
    await writeFile(path, `${lines().slice(0, 7).join('\n')}\n`);
    await start();
    await clock.advance(60_000);
    await registry.refresh(ID);
    expect(registry.find(ID)).toMatchObject({ liveness: 'unknown' });
    expect(stopsSeen()).toEqual([]);
  });

  it('only lists what nobody touched for long, and reads it when asked', async () => {
    await writeFile(path, `${lines().join('\n')}\n`);
    await utimes(path, new Date(0), new Date(0));
    await start();
    expect(registry.find(ID)).toMatchObject({ id: ID, view: { turn: { kind: 'none' } } });
    expect(events).toEqual([]);
    expect(await registry.refresh(ID)).toMatchObject({ stop: { reason: 'usage_limit' } });
  });

  it('reaches back for the permission mode when the end of a long session does not name it', async () => {
    const filler = JSON.stringify({
      type: 'assistant',
      uuid: 'x',
      timestamp: new Date().toISOString(),
      message: { model: 'm', stop_reason: 'tool_use', content: [{ type: 'text', text: 'x'.repeat(1000) }] },
    });
    await writeFile(path, `${lines().slice(0, 7).join('\n')}\n${`${filler}\n`.repeat(2000)}`);
    await start();
    expect(registry.find(ID)?.view).toMatchObject({
      permissionMode: 'acceptEdits',
      cwd: '/home/dev/project',
    });
  });

  it('survives files that are no transcripts, and lines that are no records', async () => {
    await writeFile(join(dir, '.claude/projects/-home-dev-project/notes.jsonl'), 'hello');
    await writeFile(path, `{"type":"user"\n\u0000\u0001\n[]\n"type":"assistant"\n${lines().join('\n')}\n`);
    await writeFile(join(dir, '.claude/sessions/9.json'), '{"pid":');
    await start();
    expect(stopsSeen()).toEqual(['usage_limit']);
    expect(registry.list()).toHaveLength(1);
  });

  it('forgets a session whose file is gone', async () => {
    await writeFile(path, `${lines().join('\n')}\n`);
    await start();
    await rm(path);
    await until(() => Promise.resolve(registry.find(ID) === undefined || undefined), {
      failure: () => 'still known',
      timeoutMs: 5000,
    });
  });
});
