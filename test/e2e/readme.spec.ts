import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '../support/until.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const START_MS = 120_000;
const run = promisify(execFile);

/** Too long, or the very thing that runs this test: each is run elsewhere, which is checked instead. */
const RUN_ELSEWHERE = new Map([
  ['npm run demo', 'test/agents/demo.spec.ts'],
  ['npm test', '.ci/run'],
  ['npm run check', '.ci/run'],
  ['npm run test:agents', '.ci/run'],
  ['npm run test:backends', '.ci/run'],
  ['npm run test:package', '.ci/run'],
  ['npm run test:dashboard', '.ci/run'],
  ['npm run bench', '.ci/run'],
]);
/** How those places write the same command. */
const WORDS = new Map([
  ['npm run demo', 'scripts/demo.mjs'],
  ['npm test', 'jest_stage 20 test\n'],
  ['npm run test:agents', 'jest_stage 40 test:agents'],
  ['npm run test:backends', 'jest_stage 25 test:backends'],
  ['npm run test:package', 'jest_stage 20 test:package'],
  ['npm run test:dashboard', 'jest_stage 15 test:dashboard'],
]);

const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
const commands = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = '']) =>
  block.trim().split('\n'),
);

let home: string;
let port: string;
let env: Record<string, string>;
let service: ChildProcess;
let said = '';

/** A port that was free a moment ago. */
async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return String(address.port);
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'readme-'));
  port = await freePort();
  const agent = join(home, 'claude');
  const node = join(ROOT, 'node_modules/.bin/node');
  await writeFile(agent, `#!/bin/sh\nexec '${node}' '${join(ROOT, 'test/support/fake-claude.mjs')}' "$@"\n`);
  await chmod(agent, 0o755);
  env = {
    HOME: home,
    PATH: process.env['PATH'] ?? '',
    PALINGENESIS_HTTP__PORT: port,
    PALINGENESIS_AGENTS__CLAUDE_CODE__COMMAND: agent,
  };
  service = spawn('npm', ['start'], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  for (const stream of [service.stdout, service.stderr])
    stream?.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  await until(() => Promise.resolve(said.includes(`API at http://127.0.0.1:${port}`) || undefined), {
    timeoutMs: START_MS,
    failure: () => said,
  });
}, START_MS);

afterAll(async () => {
  const exit = once(service, 'exit');
  if (service.pid !== undefined) process.kill(-service.pid, 'SIGINT');
  await exit;
  await rm(home, { recursive: true, force: true });
});

describe('README', () => {
  it('starts with the start', () => {
    expect(commands[0]).toBe('npm start');
  });

  it.each(commands.filter((command) => command !== 'npm start' && !RUN_ELSEWHERE.has(command)))(
    '%s',
    async (command) => {
      const ours = command.replaceAll('127.0.0.1:7654', `127.0.0.1:${port}`);
      const { stdout } = await run('bash', ['-c', ours.replace(/^curl /, 'curl --fail ')], {
        cwd: ROOT,
        env,
      });
      expect(stdout.trim()).not.toBe('');
    },
    60_000,
  );

  it.each([...RUN_ELSEWHERE])('%s is run by %s', async (command, place) => {
    expect(commands).toContain(command);
    expect(await readFile(join(ROOT, place), 'utf8')).toContain(WORDS.get(command) ?? command);
  });

  it('names no option, route or file that does not exist', async () => {
    for (const [, path = ''] of readme.matchAll(/\]\((?!http)([^)#]+)\)/g))
      await expect(readFile(join(ROOT, path))).resolves.toBeDefined();
  });
});
