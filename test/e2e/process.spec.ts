import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startService } from '../support/service-process.js';
import { until } from '../support/until.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SECONDS_5 = 5_000;
const run = promisify(execFile);

let home: string;
const running: { stop: () => Promise<unknown> }[] = [];
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'process-'));
});
afterEach(async () => {
  for (const service of running.splice(0)) await service.stop();
  await rm(home, { recursive: true, force: true });
});

const env = () => ({ HOME: home, PATH: process.env['PATH'] ?? '' });
async function start(settings: Record<string, string> = {}) {
  const service = await startService({ env: env(), stateDir: join(home, 'state'), settings });
  running.push(service);
  return service;
}

/** Starts one that is expected to give up. */
async function startAndFail(...flags: string[]): Promise<{ code: number; stderr: string }> {
  return run(process.execPath, [join(ROOT, 'dist/main.js'), ...flags], { env: env(), timeout: 20_000 }).then(
    () => {
      throw new Error('it started');
    },
    (error: { code: number; stderr: string }) => error,
  );
}

describe('the service as a process', () => {
  it('says where its API is and what it found', async () => {
    const service = await start();
    await until(
      () => Promise.resolve(/claude-code: 0 sessions in .*\.claude/.test(service.output()) || undefined),
      {
        failure: () => service.output(),
        timeoutMs: SECONDS_5,
      },
    );
    expect(service.output()).toContain(`API at ${service.url}/api/v1/status`);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'ends within 5 s on %s, also with clients attached',
    async (signal) => {
      const service = await start();
      const { port, hostname } = new URL(service.url);
      const client = connect(Number(port), hostname);
      client.on('error', () => undefined);
      client.write('POST /api/v1/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{');
      await fetch(`${service.url}/health`);
      const startedMs = Date.now();
      await service.kill(signal);
      expect(service.exitCode).toBe(0);
      expect(Date.now() - startedMs).toBeLessThan(SECONDS_5);
      client.destroy();
    },
  );

  it('is alone on its state folder: a second one names the first and touches nothing', async () => {
    const service = await start();
    const { code, stderr } = await startAndFail(`--state.dir=${join(home, 'state')}`, '--http.port=0');
    expect(code).toBe(1);
    expect(stderr).toContain(`process ${service.pid}`);
    expect(await service.get('/health')).toMatchObject({ status: 'up' });
  });

  it('starts again at once where one was killed', async () => {
    const first = await start();
    await first.kill('SIGKILL');
    expect(await (await start()).get('/health')).toMatchObject({ status: 'up' });
  });

  it('says that its port is taken, and what to do', async () => {
    const service = await start();
    const port = new URL(service.url).port;
    const { code, stderr } = await startAndFail(`--state.dir=${join(home, 'other')}`, `--http.port=${port}`);
    expect(code).toBe(1);
    expect(stderr).toContain('--http.port');
  });

  it('says that its state folder cannot be written, and what to do', async () => {
    const file = join(home, 'file');
    await writeFile(file, '');
    const { code, stderr } = await startAndFail(`--state.dir=${file}`, '--http.port=0');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      new RegExp(`^palingenesis: the state folder ${file} cannot be written .*state\\.dir\\n$`),
    );
  });

  it('does not start with settings that are wrong, and names them all', async () => {
    const { code, stderr } = await startAndFail(
      '--http.prot=1',
      '--resume.max_attempts=0',
      '--http.host=http://x',
    );
    expect(code).toBe(2);
    for (const words of ['http.port', 'resume.max_attempts', 'http.host']) expect(stderr).toContain(words);
  });

  it('reads its settings again on SIGHUP, and keeps them when they are wrong', async () => {
    const file = join(home, 'config.toml');
    await writeFile(file, '[resume]\nmargin_text_s = 60\n');
    const service = await startService({
      env: { ...env(), PALINGENESIS_CONFIG: file },
      stateDir: join(home, 'state'),
    });
    running.push(service);
    const untilSaid = (words: string) =>
      until(() => Promise.resolve(service.output().includes(words) || undefined), {
        failure: () => service.output(),
        timeoutMs: SECONDS_5,
      });
    await writeFile(file, '[resume]\nmargin_text_s = 61\n');
    process.kill(service.pid, 'SIGHUP');
    await untilSaid('settings read again: resume.margin_text_s');
    await writeFile(file, '[resume]\nmargin_text_s = "soon"\n');
    process.kill(service.pid, 'SIGHUP');
    await untilSaid('the settings stay as they were');
    expect(await service.get('/health')).toMatchObject({ status: 'up' });
  });
});
