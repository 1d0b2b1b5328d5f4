import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startService, type ServiceProcess } from '../support/service-process.js';
import { until } from '../support/until.js';

const SECRET = 'a prompt nobody else should read';
const LIMIT = "You've hit your session limit";
const HOUR_MS = 3_600_000;

let home: string;
let service: ServiceProcess;
let count = 0;
let id: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'signals-'));
  await mkdir(join(home, '.claude/projects/-project'), { recursive: true });
  await mkdir(join(home, '.claude/sessions'));
  service = await startService({
    env: { HOME: home, PATH: '' },
    stateDir: join(home, 'state'),
    settings: { 'monitor.ask_grace_s': '0', 'log.level': 'debug' },
  });
}, 60_000);
afterAll(async () => {
  await service.stop();
  await rm(home, { recursive: true, force: true });
});
beforeEach(() => {
  count += 1;
  id = `4d103119-904c-46b2-8356-${String(count).padStart(12, '0')}`;
});

type Answer = Readonly<{ status: number; type: string | null; body: unknown }>;

async function report(agent: string, body: string, type = 'application/json'): Promise<Answer> {
  const headers = { 'content-type': type };
  const response = await fetch(`${service.url}/api/v1/signals/${agent}`, { method: 'POST', headers, body });
  const text = await response.text();
  const shown = response.headers.get('content-type')?.split(';')[0] ?? null;
  return { status: response.status, type: shown, body: JSON.parse(text) };
}
const hook = (event: string, fields: object = {}) =>
  report(
    'claude-code',
    JSON.stringify({ hook_event_name: event, session_id: id, prompt: SECRET, ...fields }),
  );

/** Records of a session, each of now. */
async function session(...records: readonly object[]): Promise<void> {
  const lines = records.map((record, index) =>
    JSON.stringify({
      ...{ uuid: `${id}-${index}`, timestamp: new Date().toISOString(), sessionId: id },
      ...{ cwd: '/project', version: '2.1.197', permissionMode: 'default', entrypoint: 'cli' },
      ...record,
    }),
  );
  await writeFile(join(home, '.claude/projects/-project', `${id}.jsonl`), `${lines.join('\n')}\n`);
}
const PROMPT = { type: 'user', message: { role: 'user', content: 'Do it' } };
const LIMITED = {
  ...{ type: 'assistant', isApiErrorMessage: true, error: 'rate_limit' },
  message: { model: '<synthetic>', content: [{ type: 'text', text: LIMIT }] },
};
const untilShown = (wanted: object) =>
  until(
    async () => {
      const shown = await service.get(`/api/v1/sessions/${id}`).catch(() => undefined);
      return matches(shown, wanted) ? shown : undefined;
    },
    { timeoutMs: 5000, failure: async () => JSON.stringify(await service.get(`/api/v1/sessions/${id}`)) },
  );

function matches(shown: unknown, wanted: object): boolean {
  try {
    expect(shown).toMatchObject(wanted);
    return true;
  } catch {
    return false;
  }
}

describe('POST /api/v1/signals/:agent', () => {
  it('takes a report of a failure, which makes the stop more exact', async () => {
    await session(PROMPT, LIMITED);
    await untilShown({ stop: { reason: 'usage_limit', reset: null } });
    const resetAt = new Date(Math.ceil(Date.now() / HOUR_MS) * HOUR_MS + HOUR_MS);
    const said = `${LIMIT} · resets ${resetAt.getUTCHours() % 12 || 12}${resetAt.getUTCHours() < 12 ? 'am' : 'pm'} (UTC)`;
    const answer = await hook('StopFailure', { error: 'rate_limit', last_assistant_message: said });
    expect(answer).toEqual({ status: 202, type: 'application/json', body: { signals: 1 } });
    await untilShown({
      stop: { reason: 'usage_limit', reset: { at: resetAt.toISOString(), source: 'text' } },
      // One stop, however many told of it.
      episodes: [{ stop: { reset: { at: resetAt.toISOString() } } }],
    });
  });

  it('takes a question to a person, which makes the session wait for input', async () => {
    await writeFile(
      join(home, '.claude/sessions/1.json'),
      JSON.stringify({ pid: process.pid, sessionId: id }),
    );
    await session(PROMPT);
    await untilShown({ state: 'working', liveness: 'alive', stop: null });
    const asked = { notification_type: 'permission_prompt', message: 'Claude needs your permission' };
    expect((await hook('Notification', asked)).body).toEqual({ signals: 1 });
    await untilShown({
      state: 'parked',
      stop: { reason: 'awaiting_input', evidence: { text: 'Claude needs your permission' } },
    });
  });

  it('takes what says nothing, or is of a session nobody knows', async () => {
    expect(await hook('PreToolUse')).toMatchObject({ status: 202, body: { signals: 0 } });
    expect(await hook('Stop')).toMatchObject({ status: 202, body: { signals: 1 } });
    for (const body of ['{}', '[]', '[1]', '{"session_id":5}', '{"in":null}'])
      expect(await report('claude-code', body)).toMatchObject({ status: 202, body: { signals: 0 } });
    expect(await service.get('/api/v1/sessions')).toMatchObject({ total: count - 1 });
  });

  it.each([
    [
      'an agent nobody knows',
      () => report('other', '{}'),
      404,
      'no agent "other"; known: claude-code, codex',
    ],
    ['a name that is everybody’s', () => report('__proto__', '{}'), 404, 'no agent "__proto__"'],
    ['broken JSON', () => report('claude-code', '{"session_id":'), 400, 'JSON'],
    ['no JSON at all', () => report('claude-code', 'hello'), 400, 'JSON'],
    ['more than it takes', () => report('claude-code', `{"x":"${'x'.repeat(3_000_000)}"}`), 413, 'too large'],
  ])('refuses %s', async (_name, send, status, words) => {
    const answer = await send();
    expect(answer).toMatchObject({ status, type: 'application/problem+json', body: { status } });
    expect(answer.body).toMatchObject({ detail: expect.stringContaining(words) });
  });

  it('goes on after all of that, and has kept nothing of what was handed over', async () => {
    expect(await service.get('/health')).toMatchObject({ status: 'up' });
    expect(service.output()).not.toContain(SECRET);
    expect(service.output()).toContain('API at');
  });
});
