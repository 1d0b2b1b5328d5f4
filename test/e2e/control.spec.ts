import { chmod, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import request, { type Response } from 'supertest';
import { AppModule } from '../../src/app.module.js';
import { SessionDirectory } from '../../src/core/ports/session-directory.js';
import { EpisodeEngine } from '../../src/resume/episode-engine.js';
import { configure } from '../../src/service.js';
import { parseJsonLines } from '../support/json-lines.js';
import { until } from '../support/until.js';

const FAKE = fileURLToPath(new URL('../support/fake-claude.mjs', import.meta.url));
const CASE_MS = 60_000;
const KEY = 'Idempotency-Key';

let dir: string;
let project: string;
let app: NestExpressApplication;
const http = () => request(app.getHttpServer());
const problem = (status: number, code?: string) => ({
  status,
  type: 'application/problem+json',
  body: expect.objectContaining(code === undefined ? { status } : { status, code }),
});
const shown = ({ status, type, body }: Response) => ({ status, type, body });

beforeAll(async () => {
  dir = await realpath(await mkdtemp(join(tmpdir(), 'control-')));
  project = join(dir, 'project');
  await mkdir(project);
  await mkdir(join(dir, '.claude'));
  const login = { claudeAiOauth: { accessToken: 'none' } };
  await writeFile(join(dir, '.claude/.credentials.json'), JSON.stringify(login));
  const agent = join(dir, 'claude');
  await writeFile(agent, `#!/bin/sh\nHOME='${dir}' exec '${process.execPath}' '${FAKE}' "$@"\n`);
  await chmod(agent, 0o755);
  const argv = [
    `--state.dir=${join(dir, 'state')}`,
    `--agents.claude-code.command=${agent}`,
    '--resume.kill_grace_s=1',
  ];
  const module = await Test.createTestingModule({
    imports: [AppModule.forRoot({ argv, env: { HOME: dir }, homeDir: dir })],
  }).compile();
  app = module.createNestApplication<NestExpressApplication>({ forceCloseConnections: true });
  configure(app);
  await app.listen(0, '127.0.0.1');
  await app.get(SessionDirectory).whenReady();
}, CASE_MS);
afterAll(async () => {
  await app.close();
  await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
});

async function launch(prompt: string): Promise<string> {
  const { body } = await http().post('/api/v1/sessions').send({ cwd: project, prompt }).expect(201);
  return String(body.id);
}

/** Launches, and waits for the session to be so. */
async function sessionIn(state: string, prompt: string): Promise<string> {
  const id = await launch(prompt);
  await untilState(id, state);
  return id;
}

async function untilState(id: string, state: string): Promise<void> {
  let seen: unknown;
  await until(
    async () => {
      const { state: now, runs } = await sessionOf(id);
      seen = now;
      return now === state && runs.every((run) => run.state === 'ended') ? true : undefined;
    },
    { timeoutMs: 30_000, failure: () => `session ${id} is ${String(seen)}, not ${state}` },
  );
}

const act = (id: string, what: string) => http().post(`/api/v1/sessions/${id}/${what}`);
type Shown = Readonly<{
  state: string;
  runs: readonly Readonly<{ kind: string; state: string; result: string | null }>[];
}>;
async function sessionOf(id: string): Promise<Shown> {
  return (await http().get(`/api/v1/sessions/${id}`)).body as Shown;
}
const runsOf = async (id: string): Promise<Shown['runs']> => (await sessionOf(id)).runs;
async function audited(event: string): Promise<Record<string, unknown>[]> {
  const lines = parseJsonLines(await readFile(join(dir, 'state/audit.jsonl'), 'utf8'));
  return lines.filter((line) => line['event'] === event);
}

describe('resume now', () => {
  it(
    'resumes what waits for a reset, once under its key, and says who asked',
    async () => {
      const id = await sessionIn('waiting', 'limit-long');
      const first = await act(id, 'resume').set(KEY, 'resume-1');
      expect(first.status).toBe(202);
      expect(first.body).toMatchObject({ session_id: id, episode: { state: 'waiting' }, run: null });
      await untilState(id, 'completed');
      const again = await act(id, 'resume').set(KEY, 'resume-1');
      expect({ status: again.status, body: again.body }).toEqual({ status: 202, body: first.body });
      expect(again.headers['idempotency-replayed']).toBe('true');
      expect((await runsOf(id)).map(({ kind }) => kind)).toEqual(['resume', 'launch']);
      const other = await act(id, 'resume').set(KEY, 'resume-1').send({ strategy: 'new-session' });
      expect(shown(other)).toEqual(problem(422, 'idempotency-mismatch'));
      expect(await audited('control-used')).toContainEqual(
        expect.objectContaining({
          action: 'resume',
          session_id: id,
          outcome: 'done',
          origin: { via: 'api', address: '127.0.0.1' },
        }),
      );
      const done = await act(id, 'resume');
      expect(shown(done)).toEqual(problem(409, 'nothing-to-do'));
      expect(done.body.detail).toContain('its work is done');
    },
    CASE_MS,
  );

  it(
    'answers requests under one key at the same time alike',
    async () => {
      const id = await sessionIn('waiting', 'limit-long');
      const answers = await Promise.all([1, 2, 3].map(() => act(id, 'resume').set(KEY, 'resume-2')));
      expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
      expect(answers[1]?.body).toEqual(answers[0]?.body);
      await untilState(id, 'completed');
      expect(await runsOf(id)).toHaveLength(2);
    },
    CASE_MS,
  );

  it(
    'is refused while acting is paused, also when asked again under the key',
    async () => {
      const id = await sessionIn('waiting', 'limit-long');
      await http().post('/api/v1/pause').expect(200);
      const refused = await act(id, 'resume').set(KEY, 'resume-3');
      expect(shown(refused)).toEqual(problem(409, 'paused'));
      const explained = await http().get(`/api/v1/sessions/${id}/explain`).expect(200);
      expect(explained.body.blocked_by).toContainEqual({
        kind: 'paused',
        why: 'acting is paused',
        until: null,
      });
      await http().post('/api/v1/resume').expect(200);
      expect(shown(await act(id, 'resume').set(KEY, 'resume-3'))).toEqual(problem(409, 'paused'));
      expect(await audited('pause-changed')).toMatchObject([
        { paused: true, origin: { via: 'api' } },
        { paused: false, origin: { via: 'api' } },
      ]);
    },
    CASE_MS,
  );
});

describe('new session', () => {
  it(
    'hands the work over, though the context is not full',
    async () => {
      const id = await sessionIn('waiting', 'limit-long');
      const { status, body } = await act(id, 'new-session');
      expect({ status, why: body.why }).toEqual({ status: 202, why: expect.stringContaining('handed over') });
      const { body: episode } = await http().get(`/api/v1/episodes/${body.episode.id}`);
      expect(episode.audit).toContainEqual(expect.objectContaining({ why: body.why }));
    },
    CASE_MS,
  );
});

describe('skip', () => {
  it(
    'cancels this episode, once',
    async () => {
      const id = await sessionIn('waiting', 'limit-long');
      const { status, body } = await act(id, 'skip');
      expect({ status, state: body.episode.state }).toEqual({ status: 200, state: 'cancelled' });
      expect(shown(await act(id, 'skip'))).toEqual(problem(409, 'nothing-to-do'));
      const { body: explained } = await http().get(`/api/v1/sessions/${id}/explain`).expect(200);
      expect(explained).toMatchObject({ episode_id: null, state: null, due_at: null });
      expect(explained.text).toContain('skipped by api 127.0.0.1');
    },
    CASE_MS,
  );
});

describe('abort', () => {
  it(
    'ends a run of ours, whose session is not taken up again',
    async () => {
      const id = await launch('slow');
      expect(shown(await act(id, 'skip'))).toEqual(problem(409, 'run-in-progress'));
      const { status, body } = await act(id, 'abort').set('User-Agent', 'palingenesis-cli');
      expect({ status, run: body.run.kind }).toEqual({ status: 202, run: 'launch' });
      await until(
        async () => ((await runsOf(id)).every(({ result }) => result !== null) ? true : undefined),
        { timeoutMs: 20_000, failure: () => 'the run has not ended' },
      );
      await app.get(EpisodeEngine).whenIdle();
      const { body: session } = await http().get(`/api/v1/sessions/${id}`);
      expect(session).toMatchObject({
        runs: [{ reason: 'user_exit', signal: 'SIGTERM' }],
        episodes: [{ state: 'cancelled', why: 'left alone: aborted by cli 127.0.0.1' }],
      });
      expect(shown(await act(id, 'abort'))).toEqual(problem(409, 'nothing-to-do'));
    },
    CASE_MS,
  );
});

describe('ack', () => {
  it(
    'tries again, or closes, what is parked',
    async () => {
      const id = await sessionIn('parked', 'fail');
      const { body: why } = await http().get(`/api/v1/sessions/${id}/explain`).expect(200);
      expect(why).toMatchObject({ state: 'parked', blocked_by: [{ kind: 'person' }] });
      expect(String(why.would_change)).toContain(`palingenesis ack ${id}`);
      expect((await act(id, 'ack')).body).toMatchObject({ episode: { state: 'waiting' } });
      await until(async () => ((await runsOf(id)).length === 2 ? true : undefined), {
        timeoutMs: 20_000,
        failure: () => 'it was not tried again',
      });
      await untilState(id, 'parked');
      const { status, body } = await act(id, 'ack').send({ action: 'close' });
      expect({ status, state: body.episode.state }).toEqual({ status: 200, state: 'cancelled' });
      expect(shown(await act(id, 'ack'))).toEqual(problem(409, 'nothing-to-do'));
    },
    CASE_MS,
  );
});

describe('explain', () => {
  it(
    'says of an episode what was seen, what comes next, what is in the way, and what would change it',
    async () => {
      const id = await sessionIn('waiting', 'limit-long');
      const { body: session } = await http().get(`/api/v1/sessions/${id}`);
      const { body } = await http().get(`/api/v1/episodes/${session.episode_id}/explain`).expect(200);
      expect(body).toMatchObject({
        session_id: id,
        episode_id: session.episode_id,
        state: 'waiting',
        text: expect.stringMatching(/usage_limit.*Next: resume 1 of this episode at 2/),
        due_at: session.episodes[0].due_at,
        blocked_by: [{ kind: 'due_time', until: session.episodes[0].due_at }],
        would_change: expect.arrayContaining([expect.stringContaining('resume-now')]),
      });
    },
    CASE_MS,
  );

  it.each(['sessions', 'episodes'])('answers 404 for %s there are not', async (kind) => {
    expect(shown(await http().get(`/api/v1/${kind}/nope/explain`))).toEqual(problem(404, 'not-found'));
  });
});

describe('what cannot be right', () => {
  it.each(['resume', 'new-session', 'skip', 'abort', 'ack'])('%s: a session there is not', async (what) => {
    expect(shown(await act('nope', what))).toEqual(problem(404, 'not-found'));
    expect(await audited('control-used')).toContainEqual(
      expect.objectContaining({ action: what, session_id: 'nope', outcome: 'refused' }),
    );
  });

  it.each([
    ['ack', { action: 'maybe' }, '"retry"'],
    ['ack', { again: true }, 'again'],
    ['resume', { strategy: 'magic' }, '"new-session"'],
  ])('%s with %j', async (what, body, words) => {
    const answer = await act('nope', what).send(body);
    expect(shown(answer)).toEqual(problem(400));
    expect(answer.body.detail).toContain(words);
  });

  it.each([
    ['is empty', ''],
    ['has a blank', 'two words'],
    ['is too long', 'x'.repeat(256)],
  ])('a key that %s', async (_what, key) => {
    const answer = await act('nope', 'skip').set(KEY, key);
    expect(shown(answer)).toEqual(problem(400));
    expect(answer.body.detail).toContain('Idempotency-Key');
  });
});
