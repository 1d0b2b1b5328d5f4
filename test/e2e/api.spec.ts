import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Test } from '@nestjs/testing';
import type { NestExpressApplication } from '@nestjs/platform-express';
import request from 'supertest';
import { AppModule } from '../../src/app.module.js';
import { SessionDirectory } from '../../src/core/ports/session-directory.js';
import { EpisodeEngine } from '../../src/resume/episode-engine.js';
import { configure } from '../../src/service.js';
import { linesOf, recordings } from '../contracts/recordings.js';

const scenarios = ['usage_limit', 'completed', 'auth_error', 'billing_error', 'user_abort_sigint'];

let dir: string;
let app: NestExpressApplication;
const http = () => request(app.getHttpServer());
const ids = new Map<string, string>();

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'api-'));
  const folder = join(dir, '.claude/projects/-home-dev-project');
  await mkdir(folder, { recursive: true });
  for (const recording of recordings('claude-code').filter(({ scenario }) => scenarios.includes(scenario))) {
    const file = recording.files.find((name) => name.startsWith('projects/')) ?? '';
    const id = /([^/]+)\.jsonl$/.exec(file)?.[1] ?? '';
    ids.set(recording.scenario, id);
    const now = new Date().toISOString();
    const lines = linesOf(recording, file).map((line) =>
      line
        .replace(/"timestamp":"[^"]+"/, `"timestamp":"${now}"`)
        .replace(/resets [^"]+/, 'resets Jan 3, 2199, 6pm (UTC)'),
    );
    await writeFile(join(folder, `${id}.jsonl`), `${lines.join('\n')}\n`);
  }
  const argv = [`--state.dir=${join(dir, 'state')}`, '--agents.claude-code.command=no-such-agent'];
  const module = await Test.createTestingModule({
    imports: [AppModule.forRoot({ argv, env: { HOME: dir }, homeDir: dir })],
  }).compile();
  app = module.createNestApplication<NestExpressApplication>({ forceCloseConnections: true });
  configure(app);
  await app.listen(0, '127.0.0.1');
  await app.get(SessionDirectory).whenReady();
  await app.get(EpisodeEngine).whenIdle();
});
afterAll(async () => {
  await app.close();
  await rm(dir, { recursive: true, force: true });
});

/** The value at a path in each element of a list of the API. */
function pluck(list: unknown, ...path: readonly string[]): unknown[] {
  if (!Array.isArray(list)) throw new Error(`no list: ${JSON.stringify(list)}`);
  return list.map((element: unknown) =>
    path.reduce((value, key) => (isObject(value) ? value[key] : undefined), element),
  );
}
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const problem = (status: number) => ({ status, type: 'application/problem+json' });

describe('health', () => {
  it.each(['/health', '/health/live', '/health/ready'])('%s is up', async (path) => {
    const { status, body } = await http().get(path);
    expect({ status, body }).toMatchObject({ status: 200, body: { status: 'up' } });
  });
});

describe('status', () => {
  it('counts sessions, episodes, waits and saves', async () => {
    const { body } = await http().get('/api/v1/status');
    expect(body).toMatchObject({
      state: 'running',
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      uptime_s: expect.any(Number),
      sessions: { 'claude-code': 5 },
      episodes: { waiting: 1, parked: 2 },
      saves: 0,
      time_saved_s: 0,
      waits: [{ session_id: ids.get('usage_limit'), reason: 'usage_limit', due_at: expect.any(String) }],
    });
  });

  it('pauses and goes on', async () => {
    expect((await http().post('/api/v1/pause').expect(200)).body).toEqual({ state: 'paused' });
    expect((await http().get('/api/v1/status')).body).toMatchObject({ state: 'paused' });
    expect((await http().post('/api/v1/resume').expect(200)).body).toEqual({ state: 'running' });
    expect((await http().get('/api/v1/status')).body).toMatchObject({ state: 'running' });
  });
});

describe('sessions', () => {
  it('lists them page by page, each once', async () => {
    const seen: unknown[] = [];
    let cursor = '';
    do {
      const { body } = await http().get(`/api/v1/sessions?limit=2${cursor}`).expect(200);
      seen.push(...pluck(body.sessions, 'id'));
      cursor = body.next_cursor === null ? '' : `&cursor=${body.next_cursor}`;
      expect(body.total).toBe(5);
    } while (cursor !== '');
    expect(seen.toSorted()).toEqual([...ids.values()].toSorted());
  });

  it('goes on after a session that is gone, and refuses a cursor of its own making', async () => {
    const { body } = await http().get('/api/v1/sessions?limit=500');
    const last = body.sessions[1];
    const gone = Buffer.from(`${app.get(SessionDirectory).find(last.id)?.modifiedMs} ${last.id}-gone`);
    const next = await http()
      .get(`/api/v1/sessions?cursor=${gone.toString('base64url')}`)
      .expect(200);
    expect(pluck(next.body.sessions, 'id')).toEqual(pluck(body.sessions, 'id').slice(2));
    await http().get('/api/v1/sessions?cursor=mine').expect(400);
  });

  it('filters by agent and state', async () => {
    const waiting = await http().get('/api/v1/sessions?agent=claude-code&state=waiting');
    expect(waiting.body.sessions).toMatchObject([{ id: ids.get('usage_limit'), state: 'waiting' }]);
    expect((await http().get('/api/v1/sessions?agent=other')).body.sessions).toEqual([]);
  });

  it('shows one with its launch contract, its stop and its episodes', async () => {
    const { body } = await http()
      .get(`/api/v1/sessions/${ids.get('usage_limit')}`)
      .expect(200);
    expect(body).toMatchObject({
      agent: 'claude-code',
      cwd: '/home/dev/project',
      permission_mode: 'acceptEdits',
      version: '2.1.197',
      stop: { reason: 'usage_limit', window: 'five_hour', reset: { source: 'text' } },
      workflow: null,
      episodes: [{ state: 'waiting' }],
      runs: [],
    });
  });

  it('answers 404 for one it does not know', async () => {
    const { status, type, body } = await http().get('/api/v1/sessions/nope');
    expect({ status, type }).toEqual(problem(404));
    expect(body).toMatchObject({ code: 'not-found', detail: 'no session "nope"' });
  });
});

describe('accounts', () => {
  const open = { gate: 'open', available: true, windows: [], running: 0, waiting: 0 };

  it('tells of each whether work can be dispatched, and if not, when', async () => {
    const { body } = await http().get('/api/v1/accounts').expect(200);
    const [claude, ...others] = body.accounts;
    expect(claude).toMatchObject({
      agent: 'claude-code',
      home: join(dir, '.claude'),
      available: false,
      available_at: '2199-01-03T18:01:00.000Z',
      why: expect.stringContaining('five_hour'),
      gate: 'canary',
      windows: [{ kind: 'five_hour', resets_at: '2199-01-03T18:00:00.000Z', source: 'text' }],
      running: 0,
      waiting: 1,
    });
    expect(others).toMatchObject([open, open, open]);
    expect((await http().get(`/api/v1/accounts/${claude.id}`).expect(200)).body).toEqual(claude);
    const codex = await http().get(`/api/v1/accounts/${others[0].id}`);
    expect(Date.parse(codex.body.available_at)).toBeLessThanOrEqual(Date.now());
  });

  it('answers 404 for one it does not know', async () => {
    const { status, type, body } = await http().get('/api/v1/accounts/nope');
    expect({ status, type }).toEqual(problem(404));
    expect(body.detail).toBe('no account "nope"');
  });
});

describe('episodes', () => {
  it('lists them newest first and shows one with its audit trail', async () => {
    const { body } = await http().get('/api/v1/episodes?state=parked');
    expect(pluck(body.episodes, 'stop', 'reason').toSorted()).toEqual(['auth', 'billing']);
    const one = await http().get(`/api/v1/episodes/${body.episodes[0].id}`).expect(200);
    expect(one.body.audit).toMatchObject([
      { from: null, to: 'detected' },
      { from: 'detected', to: 'parked', why: one.body.why },
    ]);
  });

  it('lists them page by page, each once', async () => {
    const seen: unknown[] = [];
    let cursor = '';
    do {
      const { body } = await http().get(`/api/v1/episodes?limit=1${cursor}`).expect(200);
      expect(body.episodes).toHaveLength(1);
      seen.push(...pluck(body.episodes, 'id'));
      cursor = body.next_cursor === null ? '' : `&cursor=${body.next_cursor}`;
    } while (cursor !== '');
    const all = await http().get('/api/v1/episodes');
    expect(seen).toEqual(pluck(all.body.episodes, 'id'));
  });

  it('refuses a state that does not exist, naming those that do', async () => {
    const { status, body } = await http().get('/api/v1/episodes?state=asleep');
    expect(status).toBe(400);
    expect(body.detail).toContain('waiting');
  });
});

describe('launch', () => {
  const valid = { agent: 'claude-code', cwd: tmpdir(), prompt: 'work' };

  it.each([
    ['no prompt', { ...valid, prompt: '' }, 'prompt'],
    ['a relative folder', { ...valid, cwd: 'here' }, '"here" is not an absolute path'],
    ['a flag for a mode', { ...valid, permission_mode: '--dangerously-skip-permissions' }, 'permission_mode'],
    ['a flag for a model', { ...valid, model: '-p' }, 'model'],
    ['a flag for a tool', { ...valid, allowed_tools: ['Read', '--add-dir'] }, 'allowed_tools'],
    ['tools that are no list', { ...valid, allowed_tools: 'Read' }, 'allowed_tools'],
    [
      'tools of an agent that takes none',
      { ...valid, agent: 'codex', allowed_tools: ['Read'] },
      'codex takes no list',
    ],
    ['a key nobody knows', { ...valid, sudo: true }, 'sudo'],
  ])('refuses %s', async (_what, body, words) => {
    const answer = await http().post('/api/v1/sessions').send(body);
    expect({ status: answer.status, type: answer.type }).toEqual(problem(400));
    expect(answer.body.detail).toContain(words);
  });

  it('says that an agent is unknown, or cannot be started, and leaves nothing behind', async () => {
    const unknown = await http()
      .post('/api/v1/sessions')
      .send({ ...valid, agent: 'other' });
    expect(unknown.body).toMatchObject({
      status: 422,
      code: 'agent-unknown',
      detail: expect.stringContaining('claude-code'),
    });
    const missing = await http().post('/api/v1/sessions').send(valid);
    expect(missing.body).toMatchObject({
      status: 503,
      code: 'agent-unavailable',
      detail: expect.stringContaining('no-such-agent'),
    });
    const { agent: _agent, ...whichever } = valid;
    const first = await http().post('/api/v1/sessions').send(whichever);
    expect(first.body).toMatchObject({ code: 'agent-unavailable', detail: missing.body.detail });
    const nowhere = await http()
      .post('/api/v1/sessions')
      .send({ ...valid, cwd: join(dir, 'nowhere') });
    expect(nowhere.body).toMatchObject({ status: 422, code: 'cwd-missing' });
    expect((await http().get('/api/v1/sessions')).body.total).toBe(5);
  });

  it('answers broken JSON and unknown routes as problems, without inner words', async () => {
    const broken = await http().post('/api/v1/sessions').type('json').send('{"agent":');
    expect({ status: broken.status, type: broken.type }).toEqual(problem(400));
    const lost = await http().get('/api/v1/nothing');
    expect({ status: lost.status, type: lost.type }).toEqual(problem(404));
  });
});

describe('access', () => {
  it.each([
    'evil.example',
    'evil.example:7654',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    '10.0.0.1',
  ])('turns away Host %s', async (host) => {
    const { status, type } = await http().get('/health').set('Host', host);
    expect({ status, type }).toEqual(problem(403));
  });

  it.each(['http://evil.example', 'null', 'http://localhost:1', 'https://127.0.0.1'])(
    'turns away Origin %s',
    async (origin) => {
      const { status } = await http().post('/api/v1/pause').set('Origin', origin);
      expect(status).toBe(403);
      expect((await http().get('/api/v1/status')).body.state).toBe('running');
    },
  );

  it('lets in its own page and the loopback names', async () => {
    const { port } = new URL(await app.getUrl());
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`])
      await http().get('/health').set('Host', host).set('Origin', `http://${host}`).expect(200);
  });
});
