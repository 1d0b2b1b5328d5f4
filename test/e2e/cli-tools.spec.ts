import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parseJsonRecord } from '../support/json-lines.js';
import { startService, type ServiceProcess } from '../support/service-process.js';
import { until } from '../support/until.js';

const BIN = fileURLToPath(new URL('../../bin/palingenesis.mjs', import.meta.url));

const ESCAPE = '\u001b';

type Ended = Readonly<{ code: number; stdout: string; stderr: string }>;

let home: string;
let env: Record<string, string>;
const services: ServiceProcess[] = [];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tools-'));
  env = { HOME: home, PATH: `${home}/bin:/usr/bin:/bin`, TZ: 'UTC' };
  await mkdir(join(home, 'bin'));
});
afterEach(async () => {
  for (const service of services.splice(0)) await service.stop();
  await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
});

async function run(...args: string[]): Promise<Ended> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [BIN, ...args], { env });
    return { code: 0, stdout, stderr };
  } catch (error) {
    return error as Ended;
  }
}

async function program(name: string, text: string): Promise<void> {
  await writeFile(join(home, 'bin', name), `#!/bin/sh\n${text}\n`);
  await chmod(join(home, 'bin', name), 0o755);
}

async function aGoodHome(): Promise<void> {
  await program('claude', 'echo 2.1.330 "(Claude Code)"');
  await mkdir(join(home, '.claude'));
  await writeFile(
    join(home, '.claude/.credentials.json'),
    '{"claudeAiOauth":{"accessToken":"secret-of-mine"}}',
  );
}

describe('doctor', () => {
  const doctor = (...args: string[]) => run('doctor', '--http.port=0', ...args);

  it('finds a good machine in order, tells versions and no secrets', async () => {
    await aGoodHome();
    const { code, stdout } = await doctor();
    expect(stdout).toMatch(/^ok +claude-code +2\.1\.330 \(Claude Code\) \(.*\/bin\/claude\)$/m);
    expect(stdout).toMatch(/^ok +claude-code login +in .*\.credentials\.json$/m);
    expect(stdout).toMatch(
      /^warn +codex +no program "codex" in the PATH\n +→ install it, set agents\.codex\.command/m,
    );
    for (const subject of ['state', 'port', 'clock', 'disk'])
      expect(stdout).toMatch(new RegExp(`^ok +${subject} `, 'm'));
    expect(stdout).not.toMatch(new RegExp(`secret-of-mine|${ESCAPE}`));
    expect(code).toBe(0);
  });

  it('says in JSON what fails and what to do, and ends with 1', async () => {
    await aGoodHome();
    await rm(join(home, '.claude/.credentials.json'));
    await program('claude', 'echo broken >&2; exit 3');
    await mkdir(join(home, '.codex'));
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    await mkdir(join(home, 'state'), { mode: 0o755 });
    await chmod(join(home, 'state'), 0o755);
    const { code, stdout } = await run(
      ...['doctor', '--json', `--http.port=${port}`, `--state.dir=${join(home, 'state')}`],
    );
    server.close();
    const failing = { status: 'fail', what: expect.any(String), advice: expect.any(String) };
    const { findings } = parseJsonRecord(stdout);
    expect(findings).toEqual(
      expect.arrayContaining([
        { ...failing, subject: 'claude-code', what: expect.stringMatching(/does not run: .*broken/) },
        { ...failing, subject: 'codex', what: expect.stringContaining('there are sessions in') },
        { ...failing, subject: 'agents' },
        { ...failing, subject: 'port', what: expect.stringContaining('EADDRINUSE') },
        { ...failing, subject: 'state', advice: `chmod 700 ${join(home, 'state')}` },
      ]),
    );
    expect(code).toBe(1);
  });

  it('warns of a login that is not found, and takes one that a variable gives', async () => {
    await aGoodHome();
    await rm(join(home, '.claude/.credentials.json'));
    expect((await doctor()).stdout).toMatch(/^warn +claude-code login +none found in /m);
    env['ANTHROPIC_API_KEY'] = 'x';
    expect((await doctor()).stdout).toMatch(/^ok +claude-code login +by ANTHROPIC_API_KEY$/m);
  });

  it('sees a service that runs, and colours on a terminal', async () => {
    await aGoodHome();
    services.push(await startService({ env, stateDir: join(home, 'state') }));
    const { stdout } = await doctor(`--state.dir=${join(home, 'state')}`);
    expect(stdout).toMatch(/^ok +service +it runs, at .*palingenesis\.sock$/m);
    const screen = await onTerminal(`${process.execPath} ${BIN} doctor --http.port=0`, /disk/, '-e');
    expect(screen).toContain(`${ESCAPE}[32mok`);
  });
});

/** What a real terminal shows of a command once it shows the pattern. */
async function onTerminal(command: string, pattern: RegExp, ...options: string[]): Promise<string> {
  // A server that is just ending takes no new session.
  const socket = `tools-${randomUUID()}`;
  const tmux = (...words: string[]) => promisify(execFile)('tmux', ['-L', socket, ...words], { env });
  await tmux('-f', '/dev/null', 'new-session', '-d', '-x', '150', '-y', '30', `${command}; sleep 30`);
  try {
    return await until(
      async () => {
        const { stdout } = await tmux('capture-pane', '-p', ...options);
        return pattern.test(stdout) ? stdout : undefined;
      },
      { timeoutMs: 15_000, failure: async () => (await tmux('capture-pane', '-p')).stdout },
    );
  } finally {
    await tmux('kill-server').catch(() => undefined);
  }
}

describe('status --watch', () => {
  async function waitingService(): Promise<void> {
    const projects = join(home, '.claude/projects/-p');
    await mkdir(projects, { recursive: true });
    const id = '00000000-0000-4000-8000-000000000001';
    const at = new Date().toISOString();
    const soon = new Date(Date.now() + 3_600_000);
    const words = `You've hit your session limit · resets Jan 3, ${soon.getUTCFullYear() + 1}, 6pm (UTC)`;
    const own = { sessionId: id, timestamp: at, cwd: home };
    const user = { ...own, type: 'user', uuid: 'u', message: { role: 'user', content: 'hi' } };
    const message = { role: 'assistant', model: '<synthetic>', content: [{ type: 'text', text: words }] };
    const limit = {
      ...own,
      type: 'assistant',
      uuid: 'r',
      isApiErrorMessage: true,
      error: 'rate_limit',
      message,
    };
    await writeFile(
      join(projects, `${id}.jsonl`),
      [user, limit].map((line) => `${JSON.stringify(line)}\n`).join(''),
    );
    const service = await startService({ env, stateDir: join(home, 'state') });
    services.push(service);
    await service.until('/api/v1/status', (answer) => JSON.stringify(answer).includes('"waiting":1'));
  }
  const command = () => `${process.execPath} ${BIN} status --watch --state.dir=${join(home, 'state')}`;

  it('counts down on a terminal, in place', async () => {
    await waitingService();
    const due = / in \d+ d \d+:\d\d:(\d\d) |^in \d+ d \d+:\d\d:(\d\d) /m;
    const first = await onTerminal(command(), due);
    expect(first.match(/^state +running/gm)).toHaveLength(1);
    const seconds = due.exec(first)?.[0];
    const later = await onTerminal(command(), new RegExp(`^in (?!${String(seconds).trim()})`, 'm'));
    expect(later.match(/^DUE +AT +REASON/gm)).toHaveLength(1);
  }, 30_000);

  it('prints one answer after the other where there is no terminal', async () => {
    await waitingService();
    const child = execFile(
      process.execPath,
      [BIN, 'status', '--watch', '--json', `--state.dir=${join(home, 'state')}`],
      {
        env,
      },
    );
    let text = '';
    child.stdout?.on('data', (chunk: string) => (text += chunk));
    const isTwo = async () => (text.split('\n').length > 2 ? true : undefined);
    await until(isTwo, { timeoutMs: 10_000, failure: () => text });
    child.kill();
    const [one, two] = text.split('\n').map((line) => parseJsonRecord(line || '{}'));
    expect(Number(two?.['uptime_s'])).toBeGreaterThan(Number(one?.['uptime_s']));
  });
});

describe('service', () => {
  const unit = () => join(home, '.config/systemd/user/palingenesis.service');
  const service = (...args: string[]) => run('service', ...args);

  it('prints what it would do, and does nothing', async () => {
    const { code, stdout } = await service('install', '--dry-run', '--http.port=7000');
    expect(stdout).toContain(`# ${unit()}\n[Unit]`);
    expect(stdout).toMatch(/^ExecStart=\S+node \S+ \S+palingenesis\.mjs start --http\.port=7000$/m);
    expect(stdout).toMatch(/^KillMode=process$/m);
    expect(stdout).toContain('systemctl --user enable --now palingenesis.service');
    expect(code).toBe(0);
    await expect(stat(unit())).rejects.toThrow('ENOENT');
  });

  it('installs, tells how it is, and removes, through systemctl', async () => {
    const log = join(home, 'asked');
    await program('systemctl', `echo "$@" >> '${log}'`);
    expect(await service('status')).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^not installed/),
    });
    expect(await service('install')).toMatchObject({ code: 0, stdout: expect.stringContaining(unit()) });
    expect(await readFile(unit(), 'utf8')).toContain(`Environment=PATH=${home}/bin`);
    expect((await stat(unit())).mode & 0o777).toBe(0o600);
    expect(await service('status', '--json')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('"running":true'),
    });
    expect(await service('uninstall')).toMatchObject({ code: 0 });
    await expect(stat(unit())).rejects.toThrow('ENOENT');
    expect(await readFile(log, 'utf8')).toBe(
      [
        '--user daemon-reload',
        '--user enable --now palingenesis.service',
        '--user is-active palingenesis.service',
        '--user disable --now palingenesis.service\n',
      ].join('\n'),
    );
    expect(await service('uninstall')).toMatchObject({ code: 0, stdout: 'not installed\n' });
  });

  it('says what systemctl had to say, and refuses settings that would keep it from starting', async () => {
    await program('systemctl', 'echo no bus here >&2; exit 1');
    expect(await service('install')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no bus here'),
    });
    expect(await service('install', '--http.prot=1')).toMatchObject({ code: 2 });
    expect(await service('instal')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('did you mean install?'),
    });
  });
});

describe('completion', () => {
  async function completed(...words: string[]): Promise<string[]> {
    const script = `eval "$('${process.execPath}' '${BIN}' completion bash)"
      COMP_WORDS=(palingenesis ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}
      _palingenesis; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout } = await promisify(execFile)('bash', ['-c', script], { env });
    return stdout.split('\n').filter((line) => line !== '');
  }

  it('of bash knows commands, their options and their words', async () => {
    expect(await completed('sta')).toEqual(['start', 'status']);
    expect(await completed('status', '--w')).toEqual(['--watch']);
    expect(await completed('service', 'un')).toEqual(['uninstall']);
    expect(await completed('nonsense', '')).toEqual([]);
  });

  it.each(['zsh', 'fish'])('of %s names every command', async (shell) => {
    const { stdout } = await run('completion', shell);
    const { stdout: help } = await run('help');
    const names = [...String(help.split('Options:')[0]).matchAll(/^ {2}([\w-]+) {2}/gm)].map(([, name]) =>
      String(name),
    );
    expect(names.length).toBeGreaterThan(15);
    for (const name of names) expect(stdout).toMatch(new RegExp(`(?:'${name}:| -a ${name} )`));
  });

  it('asks which shell', async () => {
    expect(await run('completion')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('bash, zsh, fish'),
    });
  });
});
