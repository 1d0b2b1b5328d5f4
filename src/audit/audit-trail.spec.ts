import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { aReset, aSession, aStop, anEpisode, NOON } from '../../test/support/an-episode.js';
import { FakeClock } from '../../test/support/fake-clock.js';
import { parseJsonLines } from '../../test/support/json-lines.js';
import { testConfig } from '../../test/support/test-config.js';
import type { DomainEvent } from '../core/events.js';
import { LocalEventBus } from '../platform/local-event-bus.js';
import { AuditTrail } from './audit-trail.js';

let dir: string;
let bus: LocalEventBus;
let trail: AuditTrail;

function open(...flags: string[]): void {
  bus = new LocalEventBus();
  const config = testConfig(dir, `--state.dir=${dir}`, ...flags);
  trail = new AuditTrail(config, new FakeClock(NOON), bus);
  trail.onModuleInit();
}
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'audit-'));
  open();
});
afterEach(async () => {
  trail.onApplicationShutdown();
  jest.restoreAllMocks();
  await rm(dir, { recursive: true, force: true });
});

const lines = async () => parseJsonLines(await readFile(join(dir, 'audit.jsonl'), 'utf8'));
const episode = anEpisode({ state: 'waiting', dueAtMs: NOON + 5000, stop: aStop({ reset: aReset(NOON) }) });
const subject = { episode_id: 'ep-1', session_id: 'session-1', agent: 'claude-code' };
const origin = { via: 'api', address: '127.0.0.1' } as const;
const CONTRACT = { cwd: '/project', home: '/home/.claude' };
const AT = '2026-11-22T12:00:00.000Z';
const DUE = '2026-11-22T12:00:05.000Z';

const DECISIONS: readonly (readonly [DomainEvent, object])[] = [
  [
    { type: 'episode-changed', episode, from: 'planned' },
    {
      ...{ ...subject, from: 'planned', to: 'waiting', why: 'test', reason: 'usage_limit', confidence: 1 },
      ...{ reset: AT, due_at: DUE, attempts: 0 },
    },
  ],
  [
    { type: 'resume-withheld', episode, rule: 'quiet_hours', why: 'quiet', untilMs: NOON + 5000 },
    { ...subject, rule: 'quiet_hours', why: 'quiet', until: DUE },
  ],
  [
    { type: 'preflight-troubled', episode, problems: [{ kind: 'cwd_missing', why: 'gone' }] },
    { ...subject, due_at: DUE, problems: [{ kind: 'cwd_missing', why: 'gone' }] },
  ],
  [
    {
      type: 'control-used',
      control: { action: 'skip', sessionId: 's', origin, isDone: false, why: 'nothing to skip', atMs: NOON },
    },
    { action: 'skip', session_id: 's', episode_id: null, origin, outcome: 'refused', why: 'nothing to skip' },
  ],
  [
    { type: 'pause-changed', paused: true, origin: { via: 'socket' } },
    { paused: true, origin: { via: 'socket', address: null } },
  ],
  [
    { type: 'reset-refined', episode, stated: aReset(NOON), actual: aReset(NOON + 5000) },
    { ...subject, stated: AT, actual: DUE },
  ],
  [
    {
      type: 'run-ended',
      run: {
        id: 'run-1',
        kind: 'resume',
        agent: 'codex',
        sessionId: 's',
        contract: CONTRACT,
        startedAtMs: NOON,
      },
      outcome: { result: 'ok', deniedTools: [] },
    },
    {
      ...{ run_id: 'run-1', kind: 'resume', agent: 'codex', session_id: 's', episode_id: null },
      ...{ result: 'ok', reason: null },
    },
  ],
  [
    {
      type: 'request-audited',
      method: 'POST',
      route: '/x',
      origin: 'socket',
      status: 200,
      requestId: undefined,
    },
    { method: 'POST', route: '/x', origin: 'socket', status: 200, request_id: null },
  ],
  [{ type: 'settings-reloaded', changed: ['resume.mode'] }, { changed: ['resume.mode'] }],
];

describe('AuditTrail', () => {
  it.each(DECISIONS.map(([event, line]) => [event.type, event, line] as const))(
    'writes a line for %s',
    async (_type, event, line) => {
      bus.publish(event);
      expect(await lines()).toEqual([{ at: AT, event: event.type, ...line }]);
    },
  );

  it('has its schema in docs/audit.md, every event with every field', async () => {
    const text = await readFile(new URL('../../docs/audit.md', import.meta.url), 'utf8');
    for (const [{ type }, line] of DECISIONS) {
      const section = text.split(/^## /m).find((part) => part.startsWith(`\`${type}\``));
      for (const field of Object.keys(line)) expect(section).toContain(`\`${field}\``);
    }
  });

  it('has no line for what is no decision', async () => {
    bus.publish({ type: 'session-progressed', session: aSession(), by: 'work' });
    bus.publish({ type: 'settings-reloaded', changed: [] });
    expect(await lines()).toHaveLength(1);
  });

  it('can be read by its owner only, goes on where it ended and begins anew when it is full', async () => {
    bus.publish({ type: 'settings-reloaded', changed: [] });
    expect((await stat(join(dir, 'audit.jsonl'))).mode & 0o777).toBe(0o600);
    trail.onApplicationShutdown();
    open('--audit.file_max_mb=0.01', '--audit.file_keep=2');
    for (let count = 0; count < 200; count += 1)
      bus.publish({ type: 'episode-changed', episode, from: 'gated' });
    const files = (await readdir(dir)).filter((name) => name.startsWith('audit'));
    expect(files.toSorted()).toEqual(['audit.jsonl', 'audit.jsonl.1', 'audit.jsonl.2']);
    expect((await stat(join(dir, 'audit.jsonl.1'))).size).toBeLessThanOrEqual(10_000);
  });

  it('warns once when it cannot be written, stops nothing, and goes on when it can', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
    await mkdir(join(dir, 'audit.jsonl'));
    for (let count = 0; count < 3; count += 1) bus.publish({ type: 'settings-reloaded', changed: [] });
    expect(warn).toHaveBeenCalledTimes(1);
    await rm(join(dir, 'audit.jsonl'), { recursive: true });
    bus.publish({ type: 'settings-reloaded', changed: ['resume.mode'] });
    expect(await lines()).toMatchObject([{ changed: ['resume.mode'] }]);
  });
});
