import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { parseJsonLines, type JsonRecord } from '../support/json-lines.js';
import { startService, type ServiceOptions, type ServiceProcess } from '../support/service-process.js';
import { until } from '../support/until.js';

const inRepo = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const BUILD_MS = 300_000;
const SECONDS_10 = 10_000;

let home: string;
const running: ServiceProcess[] = [];
beforeAll(async () => {
  await promisify(execFile)('node', [inRepo('scripts/setup.mjs'), '--build'], { timeout: BUILD_MS });
}, BUILD_MS);
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'logs-'));
});
afterEach(async () => {
  for (const service of running.splice(0)) await service.stop();
  await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
});

const env = (more: Record<string, string> = {}) => ({ HOME: home, PATH: process.env['PATH'] ?? '', ...more });

async function start(settings: Record<string, string> = {}, more: Partial<ServiceOptions> = {}) {
  const service = await startService({ env: env(), stateDir: join(home, 'state'), settings, ...more });
  running.push(service);
  return service;
}

const records = (service: ServiceProcess): JsonRecord[] => parseJsonLines(service.output());

function untilRecord(service: ServiceProcess, is: (record: JsonRecord) => boolean): Promise<JsonRecord> {
  return until(async () => records(service).find(is), {
    timeoutMs: SECONDS_10,
    failure: () => service.output(),
  });
}

function put(service: ServiceProcess, body: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(new URL('/api/v1/log-level', service.url), {
    method: 'PUT',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

const AGENTS = ['claude-code', 'codex', 'opencode', 'gemini-cli'];

describe('the log of the service', () => {
  it('is JSON lines where nobody looks on', async () => {
    const service = await start();
    for (const agent of AGENTS)
      await untilRecord(service, ({ msg }) => String(msg).startsWith(`${agent}: 0 sessions`));
    expect(records(service)).toHaveLength(1 + AGENTS.length);
    for (const record of records(service))
      expect(record).toEqual({
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        pid: service.pid,
        service: 'palingenesis',
        version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
        context: 'Service',
        msg: expect.any(String),
      });
  });

  it('has at debug the start of Nest and one record per request, with the route and not the path', async () => {
    const service = await start({ 'log.level': 'debug' });
    await fetch(`${service.url}/api/v1/sessions/some-id?cursor=some-id`);
    await fetch(`${service.url}/nowhere/some-id`);
    const isRequest = (status: number) => (record: JsonRecord) =>
      record['msg'] === 'request' && record['status'] === status;
    expect(
      await untilRecord(service, (record) => isRequest(404)(record) && record['route'] !== null),
    ).toMatchObject({
      level: 'debug',
      context: 'Http',
      method: 'GET',
      route: '/api/v1/sessions/:id',
      duration_ms: expect.any(Number),
    });
    await untilRecord(service, (record) => isRequest(404)(record) && record['route'] === null);
    expect(service.output()).not.toContain('some-id');
    expect(records(service).map(({ context }) => context)).toContain('InstanceLoader');
  });

  it('changes its level by the API until the settings are read again', async () => {
    const service = await start();
    expect(await service.get('/api/v1/log-level')).toEqual({ level: 'info' });
    expect((await put(service, { level: 'loud' })).status).toBe(400);
    expect((await put(service, {})).status).toBe(400);
    expect((await put(service, { level: 'debug' }, { origin: 'http://evil.example' })).status).toBe(403);
    const answer = await put(service, { level: 'debug' });
    expect({ status: answer.status, body: await answer.json() }).toEqual({
      status: 200,
      body: { level: 'debug' },
    });
    await service.get('/api/v1/status');
    await untilRecord(service, ({ route }) => route === '/api/v1/status');
    process.kill(service.pid, 'SIGHUP');
    await untilRecord(service, ({ msg }) => msg === 'settings read again: nothing changed');
    expect(await service.get('/api/v1/log-level')).toEqual({ level: 'info' });
  });

  it('changes level and format on SIGHUP', async () => {
    const file = join(home, 'config.toml');
    await writeFile(file, '');
    const service = await start({}, { env: env({ PALINGENESIS_CONFIG: file }) });
    await writeFile(file, '[log]\nlevel = "debug"\n');
    process.kill(service.pid, 'SIGHUP');
    await untilRecord(service, ({ msg }) => msg === 'settings read again: log.level');
    await service.get('/health');
    expect(await untilRecord(service, ({ route }) => route === '/health')).toMatchObject({ level: 'debug' });
    await writeFile(file, '[log]\nformat = "human"\n');
    process.kill(service.pid, 'SIGHUP');
    const said = /INFO: \[Config\] settings read again: log.level, log.format/;
    await until(async () => said.test(service.output()) || undefined, {
      timeoutMs: SECONDS_10,
      failure: () => service.output(),
    });
  });

  it('keeps files of bounded size and number that its owner alone can read', async () => {
    const dir = join(home, 'logs');
    await mkdir(dir);
    const service = await start({
      'log.level': 'debug',
      'log.file': join(dir, 'p.log'),
      'log.file_max_mb': '0.01',
      'log.file_keep': '2',
    });
    for (let count = 0; count < 200; count++) await service.get('/health/live');
    await service.stop();
    const files = await readdir(dir);
    expect(files.sort()).toEqual(['p.log', 'p.log.1', 'p.log.2']);
    const texts = await Promise.all(files.map((file) => readFile(join(dir, file), 'utf8')));
    for (const file of files) {
      const { mode, size } = await stat(join(dir, file));
      expect({ mode: mode & 0o777, isSmall: size <= 10_000 }).toEqual({ mode: 0o600, isSmall: true });
    }
    const [now = '', before = '', first = ''] = texts;
    expect(service.output()).toContain(first + before + now);
  });

  it('warns once that the file cannot be written, and goes on', async () => {
    await writeFile(join(home, 'plain'), '');
    const service = await start({ 'log.file': join(home, 'plain/p.log'), 'log.level': 'debug' });
    for (let count = 0; count < 3; count++) await service.get('/health');
    await untilRecord(service, ({ route }) => route === '/health');
    expect(records(service).filter(({ level }) => level === 'warn')).toMatchObject([
      {
        context: 'Logs',
        msg: 'the log file cannot be written; going on without it',
        file: join(home, 'plain/p.log'),
        error: expect.stringContaining('ENOTDIR'),
      },
    ]);
  });

  it('never has a prompt or a secret, whatever happens', async () => {
    const marks = ['poem-of-4711', 'sk-ant-api03-4711', 'tok-4711', 'again-4711', 'setting-4711', 'pw-4711'];
    const agent = join(home, 'claude');
    const [node, fake] = [inRepo('node_modules/.bin/node'), inRepo('test/support/fake-claude.mjs')];
    await writeFile(agent, `#!/bin/sh\nexec '${node}' '${fake}' "$@"\n`);
    await chmod(agent, 0o755);
    await mkdir(join(home, '.claude'));
    const config = join(home, 'config.toml');
    await writeFile(config, `[resume]\nprompt = "${marks[3]}"\nmargin_structured_s = 0.2\n`);
    const file = join(home, 'p.log');
    const service = await start(
      { 'log.level': 'debug', 'log.file': file },
      { env: env({ PALINGENESIS_CONFIG: config, ANTHROPIC_API_KEY: marks[1] ?? '' }), command: agent },
    );
    const launch = { agent: 'claude-code', cwd: home, permission_mode: 'acceptEdits' };
    await service.post('/api/v1/sessions', { ...launch, prompt: `limit-once ${marks[0]} ${marks[1]}` });
    await service.until('/api/v1/status', (status) => JSON.stringify(status).includes('"saves":1'));
    const headers = {
      ...{ authorization: `Bearer ${marks[2]}`, cookie: `session=${marks[2]}`, 'x-api-key': `${marks[1]}` },
      'content-type': 'application/json',
    };
    const url = `${service.url}/api/v1/sessions`;
    await fetch(`${url}?token=${marks[2]}`, { headers });
    await fetch(url, { method: 'POST', headers, body: `{"prompt": "${marks[0]}` });
    await fetch(url, { method: 'POST', headers, body: JSON.stringify({ ...launch, prompt: [marks[0]] }) });
    await fetch(url, {
      ...{ method: 'POST', headers },
      body: JSON.stringify({ ...launch, agent: 'nobody', prompt: marks[0] }),
    });
    for (const text of [
      `[resume]\nprompt = ["${marks[4]}"]`,
      `[resume]\nprompt = "${marks[4]}`,
      `[resume]\nprompt = "${`${marks[4]} `.repeat(5_000)}"`,
      `[otel]\nendpoint = "http://ann:${marks[5]}@localhost"\npassword = "${marks[5]}"`,
    ]) {
      const before = records(service).length;
      await writeFile(config, text);
      process.kill(service.pid, 'SIGHUP');
      await until(
        async () =>
          records(service)
            .slice(before)
            .find(({ context }) => context === 'Config'),
        {
          timeoutMs: SECONDS_10,
          failure: () => service.output(),
        },
      );
    }
    await service.stop();
    const all = service.output() + (await readFile(file, 'utf8'));
    expect(marks.filter((mark) => all.includes(mark))).toEqual([]);
    expect(all).toContain('saved');
    expect(all).toContain('"route":"/api/v1/sessions"');
  }, 60_000);

  it('is made for people on a terminal', async () => {
    expect(existsSync('/usr/bin/script')).toBe(true);
    const main = `${inRepo('node_modules/.bin/node')} ${inRepo('dist/main.js')} --http.port=0`;
    const command = `echo "pid $$"; exec ${main} --state.dir=${join(home, 'state')}`;
    const terminal = spawn('script', ['-qec', command, '/dev/null'], { env: env({ TERM: 'xterm' }) });
    let said = '';
    terminal.stdout.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
    const exit = once(terminal, 'exit');
    await until(async () => /API at http:\/\/127\.0\.0\.1:\d+/.test(said) || undefined, {
      timeoutMs: 30_000,
      failure: () => said,
    });
    process.kill(Number(/^pid (\d+)/m.exec(said)?.[1]), 'SIGTERM');
    await exit;
    expect(said).toMatch(/\n\[[-\d]+ [:\d]+\] .*INFO.*\[Service\] palingenesis .* listens/);
    expect(said).toContain('\u001b[32mINFO\u001b[39m');
    expect(said).not.toContain('"level"');
  }, 60_000);
});
