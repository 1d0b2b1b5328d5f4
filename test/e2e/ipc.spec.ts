import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startService, type ServiceProcess } from '../support/service-process.js';
import { until } from '../support/until.js';

const BIN = fileURLToPath(new URL('../../bin/palingenesis.mjs', import.meta.url));

let dir: string;
let env: Record<string, string>;
const services: ServiceProcess[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ipc-'));
  env = { HOME: dir, PATH: process.env['PATH'] ?? '', TZ: 'UTC' };
});
afterEach(async () => {
  for (const service of services.splice(0)) await service.stop();
  await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
});

const socketOf = (state = 'state'): string => join(dir, state, 'palingenesis.sock');

async function start(settings: Record<string, string> = {}, state = 'state'): Promise<ServiceProcess> {
  const service = await startService({
    env,
    stateDir: join(dir, state),
    settings: { 'log.level': 'debug', ...settings },
  });
  services.push(service);
  return service;
}

async function ask(socketPath: string, method: string, path: string, headers = {}): Promise<object> {
  const { promise, resolve, reject } = Promise.withResolvers<object>();
  request({ socketPath, method, path, headers }, (response) => {
    readAll(response).then(
      (body) => resolve({ status: response.statusCode, body: JSON.parse(body) }),
      reject,
    );
  })
    .on('error', reject)
    .end();
  return promise;
}

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

describe('the socket', () => {
  it('serves the same API to this user alone, whatever Host says', async () => {
    await start();
    expect(await modeOf(socketOf())).toBe(0o600);
    expect(await modeOf(join(dir, 'state'))).toBe(0o700);
    const status = await ask(socketOf(), 'GET', '/api/v1/status', { host: 'anything' });
    expect(status).toMatchObject({ status: 200, body: { state: 'running' } });
    expect(await ask(socketOf(), 'POST', '/api/v1/pause')).toMatchObject({ body: { state: 'paused' } });
    expect(await ask(socketOf(), 'GET', '/api/v1/nothing')).toMatchObject({ status: 404 });
  });

  it('is counted like any other request, and removed at the end', async () => {
    const service = await start();
    await ask(socketOf(), 'GET', '/api/v1/status');
    expect(await service.get('/metrics')).toMatch(
      /http_requests_total\{[^}]*route="\/api\/v1\/status"[^}]*\} 1/,
    );
    await service.stop();
    await expect(stat(socketOf())).rejects.toThrow('ENOENT');
  });

  it('is in $XDG_RUNTIME_DIR for the usual state folder', async () => {
    env['XDG_RUNTIME_DIR'] = join(dir, 'run');
    env['XDG_STATE_HOME'] = join(dir, 'xdg');
    await mkdir(env['XDG_RUNTIME_DIR'], { mode: 0o700 });
    await start({}, 'xdg/palingenesis');
    expect(await modeOf(join(dir, 'run/palingenesis/palingenesis.sock'))).toBe(0o600);
    expect(await modeOf(join(dir, 'run/palingenesis'))).toBe(0o700);
  });

  it('replaces what a killed service left behind', async () => {
    await (await start()).kill();
    expect(await modeOf(socketOf())).toBe(0o600);
    await start();
    expect(await ask(socketOf(), 'GET', '/health/live')).toMatchObject({ status: 200 });
  });

  it('does not take the socket of a living service, nor the place of another file, and serves HTTP', async () => {
    await start();
    const second = await start({ 'ipc.socket': socketOf() }, 'other');
    expect(second.output()).toContain('another service listens there');
    await second.stop();
    expect(await ask(socketOf(), 'GET', '/health/live')).toMatchObject({ status: 200 });
    await writeFile(join(dir, 'file'), 'mine');
    const third = await start({ 'ipc.socket': join(dir, 'file') }, 'third');
    expect(third.output()).toContain('a file that is no socket');
    expect(await third.get('/health/live')).toEqual({ status: 'up' });
  });

  it('can be switched off', async () => {
    await start({ 'ipc.enabled': 'false' });
    await expect(stat(socketOf())).rejects.toThrow('ENOENT');
  });
});

describe('the command line', () => {
  const run = (...args: string[]) => {
    const child = spawn(process.execPath, [BIN, ...args, `--state.dir=${join(dir, 'state')}`], { env });
    const output = { text: '' };
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => (output.text += chunk));
    return { child, output };
  };
  const says = (output: { text: string }, pattern: RegExp) =>
    until(async () => pattern.exec(output.text) ?? undefined, {
      timeoutMs: 10_000,
      failure: () => `${String(pattern)} was not said: ${output.text}`,
    });

  it('asks at the socket first, where no port has to be known', async () => {
    await start();
    await says(run('status').output, /^state +running$/m);
  });

  it('says where it looked when nobody is there', async () => {
    const { output } = run('status', '--http.port=1');
    await says(output, /no service answers at http:\/\/127\.0\.0\.1:1 /);
    await says(run('status').output, /no service answers at http:\/\/127\.0\.0\.1:7654 /);
  });

  it('follows the events, also over a restart of the service, and repeats none', async () => {
    const projects = join(dir, '.claude/projects/-p');
    await mkdir(projects, { recursive: true });
    const stopAt = async (id: string): Promise<void> => {
      const at = new Date().toISOString();
      const error = { type: 'text', text: "You've hit your session limit · resets Jan 3, 2199, 6pm (UTC)" };
      const record = {
        ...{
          type: 'assistant',
          uuid: `r-${id}`,
          sessionId: id,
          timestamp: at,
          cwd: dir,
          isApiErrorMessage: true,
        },
        ...{ error: 'rate_limit', message: { role: 'assistant', model: '<synthetic>', content: [error] } },
      };
      const user = { type: 'user', uuid: `u-${id}`, sessionId: id, timestamp: at, cwd: dir };
      const lines = [{ ...user, message: { role: 'user', content: 'hi' } }, record];
      await writeFile(
        join(projects, `${id}.jsonl`),
        lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
      );
    };
    const first = await start();
    const following = run('events', '--type', 'episode-changed', '--json', '--since', '0');
    await stopAt('00000000-0000-4000-8000-000000000001');
    await says(following.output, /000001","agent.*"state":"waiting"/);
    await first.stop();
    await start();
    await stopAt('00000000-0000-4000-8000-000000000002');
    await says(following.output, /000002","agent.*"state":"waiting"/);
    following.child.kill('SIGINT');
    const ids = [...following.output.text.matchAll(/^\{"id":(\d+)/gm)].map(([, id]) => Number(id));
    expect(ids.length).toBeGreaterThanOrEqual(4);
    expect(new Set(ids).size).toBe(ids.length);
    const shown = run('events', '--since', '0');
    await says(shown.output, /UTC {2}session-stopped {2}0\S+001 {2}usage_limit: You've hit/);
    await says(shown.output, /UTC {2}episode-changed {2}0\S+002 {2}waiting usage_limit: usage_limit until/);
    shown.child.kill('SIGINT');
  }, 30_000);

  it('says what is wrong with a type, and ends with 2', async () => {
    await start();
    const { child, output } = run('events', '--type', 'nonsense');
    await says(output, /type: allowed are session-stopped, /);
    await until(async () => child.exitCode ?? undefined, { timeoutMs: 5000, failure: () => 'it goes on' });
    expect(child.exitCode).toBe(2);
  });
});
