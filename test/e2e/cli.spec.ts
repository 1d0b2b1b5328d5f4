import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseJsonLines, parseJsonRecord } from '../support/json-lines.js';
import { startService } from '../support/service-process.js';
import type { ServiceProcess } from '../support/service-process.js';
import { until } from '../support/until.js';

const inRepo = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const BIN = inRepo('bin/palingenesis.mjs');
const NODE = inRepo('node_modules/.bin/node');
const BUILD_MS = 300_000;
const CASE_MS = 60_000;
/** Without the folders npm puts in front, `node` is the system's own, which may be older. */
const SYSTEM_PATH = (process.env['PATH'] ?? '')
  .split(delimiter)
  .filter((folder) => !folder.includes('node_modules'))
  .join(delimiter);

type Ended = Readonly<{ code: number | null; stdout: string; stderr: string; tookMs: number }>;

/** One call of the bin, which may still be running. */
class CliProcess {
  stdout = '';
  stderr = '';
  readonly child: ChildProcess;
  private readonly startedMs = performance.now();

  constructor(node: string, args: readonly string[], env: Record<string, string>, input = '') {
    this.child = spawn(node, [BIN, ...args], { env, stdio: 'pipe' });
    this.child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (this.stdout += chunk));
    this.child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (this.stderr += chunk));
    this.child.stdin?.end(input);
  }

  async ended(): Promise<Ended> {
    if (this.child.exitCode === null) await once(this.child, 'close');
    const { stdout, stderr } = this;
    return { code: this.child.exitCode, stdout, stderr, tookMs: performance.now() - this.startedMs };
  }

  async says(pattern: RegExp): Promise<void> {
    const check = async () => pattern.exec(this.stdout) ?? undefined;
    const failure = () => `${String(pattern)} was not said: ${this.stdout}${this.stderr}`;
    await until(check, { timeoutMs: 20_000, failure });
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Infinity;
}

/** What starting Node and doing nothing takes just now. */
async function bareNodeMs(): Promise<number> {
  const startedMs = performance.now();
  await promisify(execFile)(NODE, ['-e', '0']);
  return performance.now() - startedMs;
}

describe('the command line', () => {
  let home: string;
  let project: string;
  let env: Record<string, string>;
  let service: ServiceProcess;
  let limited: Ended;
  let sessionId: string;
  let episodeId: string;

  beforeAll(async () => {
    await promisify(execFile)('node', [inRepo('scripts/setup.mjs'), '--build'], { timeout: BUILD_MS });
    home = await realpath(await mkdtemp(join(tmpdir(), 'cli-')));
    project = join(home, 'project');
    await mkdir(project);
    await mkdir(join(home, '.claude'));
    await writeFile(
      join(home, 'claude'),
      `#!/bin/sh\nexec '${NODE}' '${inRepo('test/support/fake-claude.mjs')}' "$@"\n`,
    );
    await chmod(join(home, 'claude'), 0o755);
    env = { PATH: SYSTEM_PATH, HOME: home, TZ: 'UTC' };
    service = await start('0');
    limited = await run('run', '--cwd', project, '--permission-mode', 'acceptEdits', 'limit-once');
    sessionId = /^session (\S+)$/m.exec(limited.stdout)?.[1] ?? '';
    episodeId = /ep-\w+/.exec((await run('episodes', '--session', sessionId)).stdout)?.[0] ?? '';
  }, BUILD_MS + CASE_MS);

  afterAll(async () => {
    await service.stop();
    await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  });

  function start(port: string): Promise<ServiceProcess> {
    const settings = { 'http.port': port, 'resume.margin_structured_s': '0.2' };
    return startService({ env, stateDir: join(home, 'state'), command: join(home, 'claude'), settings });
  }

  const begin = (...args: string[]): CliProcess => new CliProcess(NODE, ['--url', service.url, ...args], env);
  const run = (...args: string[]): Promise<Ended> => begin(...args).ended();
  const offline = (...args: string[]): Promise<Ended> => new CliProcess(NODE, args, env).ended();

  async function raw(path: string): Promise<string> {
    return (await fetch(new URL(path, service.url))).text();
  }

  describe('run', () => {
    it('sees a session through a limit and tells each change', () => {
      expect(limited.stderr).toBe('');
      const states = limited.stdout
        .split('\n')
        .map((line) => / UTC {2}(\w+)/.exec(line)?.[1])
        .filter((state) => state !== undefined);
      expect([...new Set(states)]).toEqual([
        ...[
          'working',
          'stopped',
          'planned',
          'waiting',
          'gated',
          'preflight',
          'resuming',
          'verifying',
          'saved',
        ],
        'completed',
      ]);
      expect(limited.stdout).toMatch(/waiting: usage_limit until 2\S+ \(the agent\), due 2/);
      expect(limited.code).toBe(0);
    });

    it(
      'sees a session without trouble to its end, in JSON the final session last',
      async () => {
        const { stdout, code } = await run('run', '--json', '--cwd', project, '--', 'complete', '--json');
        const lines = parseJsonLines(stdout);
        expect(lines.map(({ state }) => state)).toEqual(['working', 'completed', 'completed']);
        expect(lines.at(0)).toMatchObject({ session_id: lines.at(-1)?.['id'], episode_id: null });
        expect(lines.at(-1)).toMatchObject({ agent: 'claude-code', cwd: project });
        expect(code).toBe(0);
      },
      CASE_MS,
    );

    it(
      'ends with 1 and the reason when the session does not complete',
      async () => {
        const { stdout, stderr, code } = await run('run', '--cwd', project, 'fail');
        expect(stdout).toMatch(/stopped: billing: .*\n.* parked: the account has no credit/);
        expect(stderr).toMatch(/did not complete, it is parked: the account .* palingenesis sessions /);
        expect(code).toBe(1);
      },
      CASE_MS,
    );

    it(
      'goes on following when the service is started again',
      async () => {
        const following = begin('run', '--cwd', project, 'slow');
        await following.says(/working/);
        await service.stop();
        service = await start(new URL(service.url).port);
        const { stdout, code } = await following.ended();
        expect(stdout).toMatch(/completed: /);
        expect(stdout.match(/working/g)).toHaveLength(1);
        expect(code).toBe(0);
      },
      CASE_MS,
    );

    it(
      'only stops following on Ctrl-C',
      async () => {
        const following = begin('run', '--cwd', project, 'slow');
        await following.says(/working/);
        following.child.kill('SIGINT');
        const { stdout, stderr, code } = await following.ended();
        const id = /^session (\S+)$/m.exec(stdout)?.[1] ?? '';
        expect(stderr).toContain(`the session goes on; to look again: palingenesis sessions ${id}`);
        expect(code).toBe(130);
        const isCompleted = (answer: unknown) => JSON.stringify(answer).includes('"state":"completed"');
        await service.until(`/api/v1/sessions/${id}`, isCompleted);
      },
      CASE_MS,
    );

    it(
      'prints the id alone with --detach, or the answer, and takes the prompt from stdin',
      async () => {
        const args = ['--url', service.url, 'run', '--detach', '--cwd', project, '-'];
        const { stdout, code } = await new CliProcess(NODE, args, env, 'complete').ended();
        expect(stdout).toMatch(/^[0-9a-f-]{36}\n$/);
        expect(code).toBe(0);
        const detached = await run('run', '--detach', '--json', '--cwd', project, 'complete');
        expect(parseJsonRecord(detached.stdout)).toHaveProperty('runs');
      },
      CASE_MS,
    );

    it.each([
      [['run'], 'the prompt is empty'],
      [['run', '--cwd', '/nowhere/at/all', 'x'], 'no such folder'],
      [['run', '--agent', 'nobody', 'x'], 'no agent "nobody"; known: claude-code'],
    ])('refuses %j', async (args, words) => {
      const { stdout, stderr, code } = await run(...args);
      expect(stderr).toContain(words);
      expect(stdout).toBe('');
      expect(code).toBe(2);
    });
  });

  describe('reading', () => {
    it('status', async () => {
      const { stdout, code } = await run('status');
      expect(stdout).toMatch(/^state +running$/m);
      expect(stdout).toMatch(/^sessions +claude-code \d+$/m);
      expect(stdout).toMatch(/^saves +1 \(.+ of work\)$/m);
      expect(code).toBe(0);
      const json = parseJsonRecord((await run('status', '--json')).stdout);
      expect(json).toMatchObject({ state: 'running', saves: 1, waits: [] });
    });

    it('sessions', async () => {
      const { stdout, code } = await run('sessions', '--agent', 'claude-code', '--state', 'completed');
      expect(stdout).toMatch(/^SESSION +AGENT +STATE +ACTIVE +CWD$/m);
      expect(stdout).toContain(sessionId);
      expect(stdout).not.toContain('parked');
      expect(code).toBe(0);
      expect((await run('sessions', '--limit', '1')).stdout).toMatch(/^there are more/m);
      expect((await run('sessions', '--agent', 'nobody')).stdout).toBe('no sessions\n');
      const { stdout: json } = await run('sessions', '--limit', '2', '--json');
      expect(json).toBe(`${await raw('/api/v1/sessions?limit=2')}\n`);
    });

    it('sessions ID', async () => {
      const { stdout } = await run('sessions', sessionId);
      expect(stdout).toMatch(/^permission mode +acceptEdits$/m);
      expect(stdout).toMatch(/^run-\w+ +resume +ok/m);
      const { stdout: json } = await run('sessions', sessionId, '--json');
      expect(json).toBe(`${await raw(`/api/v1/sessions/${sessionId}`)}\n`);
    });

    it('episodes', async () => {
      const { stdout, code } = await run('episodes', '--state', 'saved');
      expect(stdout).toContain(episodeId);
      expect(stdout).not.toContain('billing');
      expect(code).toBe(0);
      expect((await run('episodes', '--session', 'nobody')).stdout).toBe('no episodes\n');
      const { stdout: json } = await run('episodes', '--session', sessionId, '--json');
      expect(json).toBe(`${await raw(`/api/v1/episodes?session_id=${sessionId}`)}\n`);
    });

    it('episodes ID', async () => {
      const { stdout } = await run('episodes', episodeId);
      expect(stdout).toMatch(/^state +saved$/m);
      expect(stdout).toMatch(/^2\S+ \S+ UTC {2}detected +usage_limit: .*$/m);
      expect(stdout).toMatch(/^2\S+ \S+ UTC {2}saved +new assistant work after the resume$/m);
      const { stdout: json } = await run('episodes', episodeId, '--json');
      expect(json).toBe(`${await raw(`/api/v1/episodes/${episodeId}`)}\n`);
    });

    it('ends with 1 on what there is not', async () => {
      expect(await run('sessions', 'none')).toMatchObject({
        code: 1,
        stderr: 'palingenesis: no session "none"\n',
      });
      expect(await run('episodes', 'none')).toMatchObject({
        code: 1,
        stderr: 'palingenesis: no episode "none"\n',
      });
    });

    it('ends with 2 on what the service does not take', async () => {
      expect(await run('sessions', '--limit', '0')).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('limit'),
      });
      expect(await run('episodes', '--state', 'odd')).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('saved'),
      });
    });

    it(
      'answers in half a second where Node itself starts in 50 ms',
      async () => {
        const port = `--http.port=${new URL(service.url).port}`;
        const status: number[] = [];
        const bare: number[] = [];
        // Side by side, since other suites may be using up the processor just then.
        for (let count = 0; count < 7; count += 1) {
          bare.push(await bareNodeMs());
          status.push((await offline('status', port)).tookMs);
        }
        const slowdown = Math.max(1, median(bare) / 50);
        expect(median(status)).toBeLessThan(500 * slowdown);
      },
      CASE_MS,
    );

    it('starts from the Node of the system, too', async () => {
      const args = ['status', '--json', `--http.port=${new URL(service.url).port}`];
      const { stdout, code } = await new CliProcess('node', args, env).ended();
      expect(parseJsonRecord(stdout)).toHaveProperty('uptime_s');
      expect(code).toBe(0);
    });
  });

  describe('acting on one session', () => {
    const HOUR = /until 2\S+ \(structured\)/;
    async function inWait(prompt: string): Promise<string> {
      const { stdout } = await run('run', '--detach', '--cwd', project, prompt);
      const id = stdout.trim();
      const isSo = (answer: unknown) => /"state":"(?:waiting|parked)"/.test(JSON.stringify(answer));
      await service.until(`/api/v1/sessions/${id}`, isSo);
      return id;
    }

    it(
      'explain, skip, and explain again',
      async () => {
        const id = await inWait('limit-long');
        const why = await run('explain', id);
        expect(why).toMatchObject({ code: 0, stdout: expect.stringMatching(HOUR) });
        const json = parseJsonRecord((await run('explain', id, '--json')).stdout);
        expect(json).toMatchObject({ session_id: id, state: 'waiting' });
        expect((await run('explain', String(json['episode_id']))).stdout).toBe(why.stdout);
        const skipped = await run('skip', id);
        expect(skipped).toMatchObject({
          code: 0,
          stdout: expect.stringMatching(/^skipped by cli.*\nepisode ep-\w+ is cancelled\n$/),
        });
        expect((await run('explain', id)).stdout).toContain('skipped by cli');
        expect(await run('skip', id)).toMatchObject({
          code: 1,
          stderr: expect.stringContaining('no open episode'),
        });
      },
      CASE_MS,
    );

    it(
      'resume-now, under a key',
      async () => {
        const id = await inWait('limit-long');
        const first = await run('resume-now', id, '--key', 'cli-1', '--json');
        expect(parseJsonRecord(first.stdout)).toMatchObject({
          session_id: id,
          episode: { state: 'waiting' },
        });
        const isDone = (answer: unknown) => JSON.stringify(answer).includes('"state":"completed"');
        await service.until(`/api/v1/sessions/${id}`, isDone);
        expect(await run('resume-now', id, '--key', 'cli-1', '--json')).toMatchObject({
          stdout: first.stdout,
        });
        expect(await run('skip', id, '--key', 'cli-1')).toMatchObject({ code: 2 });
      },
      CASE_MS,
    );

    it(
      'ack, abort and new-session',
      async () => {
        const id = await inWait('fail');
        expect((await run('ack', id, '--close')).stdout).toMatch(/^closed by cli/);
        expect(await run('abort', id)).toMatchObject({
          code: 1,
          stderr: expect.stringContaining('no run of ours'),
        });
        expect(await run('new-session', 'none')).toMatchObject({
          code: 1,
          stderr: 'palingenesis: no session "none"\n',
        });
      },
      CASE_MS,
    );

    it.each(['explain', 'skip', 'abort', 'ack', 'resume-now', 'new-session'])(
      '%s asks which',
      async (name) => {
        expect(await offline(name)).toMatchObject({
          code: 2,
          stderr: expect.stringContaining(`palingenesis ${name} SESSION`),
        });
      },
    );
  });

  it('pauses and resumes', async () => {
    expect(await run('pause')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^paused: /) });
    expect((await run('status')).stdout).toMatch(/^state +paused/);
    expect((await run('resume', '--json')).stdout).toBe('{"state":"running"}\n');
    expect((await run('pause', '--json')).stdout).toBe('{"state":"paused"}\n');
    expect(await run('resume')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^running: /) });
  });

  describe('without the service', () => {
    it('config show', async () => {
      const { stdout, code } = await offline('config', 'show', '--http.port=7000');
      expect(stdout).toMatch(/^port = 7000 {2}# flag --http\.port$/m);
      expect(code).toBe(0);
      const json = parseJsonRecord((await offline('config', 'show', '--json')).stdout);
      expect(json).toHaveProperty(['http.port'], { value: 7654, origin: 'default' });
    });

    it('config validate', async () => {
      const [good, bad] = [join(home, 'good.toml'), join(home, 'bad.toml')];
      await writeFile(good, '[http]\nport = 7000\n');
      await writeFile(bad, '[http]\nprot = 7000\n');
      expect(await offline('config', 'validate')).toMatchObject({ code: 0, stdout: 'the settings: valid\n' });
      expect(await offline('config', 'validate', good)).toMatchObject({
        code: 0,
        stdout: `${good}: valid\n`,
      });
      expect((await offline('config', 'validate', good, '--json')).stdout).toBe(
        '{"valid":true,"problems":[]}\n',
      );
      const refused = await offline('config', 'validate', bad);
      expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('did you mean http.port?') });
      const { stdout, code } = await offline('config', 'validate', bad, '--json');
      expect(parseJsonRecord(stdout)).toMatchObject({
        valid: false,
        problems: [expect.stringContaining(bad)],
      });
      expect(code).toBe(2);
      expect(await offline('status', '--config', bad)).toMatchObject({ code: 2 });
    });

    it('help and version', async () => {
      const { stdout, code } = await offline('help');
      expect(stdout).toMatch(/^Exit codes:$/m);
      expect(code).toBe(0);
      expect(await offline('--help')).toMatchObject({ code: 0, stdout });
      expect((await offline('help', 'run')).stdout).toBe((await offline('run', '--help')).stdout);
      expect((await offline('start', '--help')).stdout).toMatch(/^Usage: palingenesis start /m);
      expect(await offline('--version')).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      });
      expect(parseJsonRecord((await offline('version', '--json')).stdout)).toHaveProperty('version');
    });

    it('says where it looked and how to start, and ends with 3', async () => {
      const port = await freePort();
      const { stderr, stdout, code } = await offline('status', `--http.port=${port}`);
      expect(stderr).toContain(
        `no service answers at http://127.0.0.1:${port} (ECONNREFUSED): start it with`,
      );
      expect(stdout).toBe('');
      expect(code).toBe(3);
    });

    it.each([
      [[], 'a command is missing'],
      [['statsu'], 'did you mean status?'],
      [['sessions', '--limt', '3'], 'did you mean --limit?'],
      [['config', 'valdate'], 'did you mean validate?'],
      [['status', '--htp.port=1'], 'did you mean http.port?'],
      [['status', '--url', 'http://example.com'], 'allowed is http:// and a loopback address'],
      [['status', '--http.port=0'], 'say which with --url'],
      [['--config', 'x.toml', 'start'], 'start comes first'],
    ])('ends %j with 2', async (args, words) => {
      expect(await offline(...args)).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringContaining(words),
      });
    });
  });
});

/** A port that nobody listens on any more. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('the server had no port');
  return address.port;
}
