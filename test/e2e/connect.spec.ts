import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { parse } from 'smol-toml';
import { runHook } from '../support/hook-command.js';
import { startService, type ServiceProcess } from '../support/service-process.js';

const inRepo = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const BIN = inRepo('bin/palingenesis.mjs');
const BUILD_MS = 300_000;
const CASE_MS = 60_000;
const run = promisify(execFile);

const SETTINGS = `{
  // mine
  "env": { "ANTHROPIC_AUTH_TOKEN": "a-secret" },
  "hooks": {
    "Stop": [
      { "hooks": [{ "type": "command", "command": "ring" }] }
    ]
  }
}
`;
const CONFIG = 'model = "gpt-5.1-codex" # mine\n\n[projects."/p"]\ntrust_level = "trusted"';

const CLAUDE_SESSION = 'f4261e3a-f7dc-4829-b3a5-0612dfc13d68';
const CODEX_SESSION = '01a20339-12d4-7592-89a5-03193c37ce1a';
const OPENCODE_SESSION = 'ses_dfcc11c0bffeHZqBOKaAclGjLO';

type Ended = Readonly<{ code: number; stdout: string; stderr: string }>;
type Hooks = Record<string, { hooks: { command: string }[] }[]>;

let home: string;
let env: Record<string, string>;
let service: ServiceProcess;

beforeAll(async () => {
  await run('node', [inRepo('scripts/setup.mjs'), '--build'], { timeout: BUILD_MS });
}, BUILD_MS);

/** A home with three agents in it, each with a session that has ended or waits. */
beforeAll(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), 'connect-')));
  env = { PATH: '/usr/bin:/bin', HOME: home, TZ: 'UTC' };
  await copySession('claude-code/completed', 'projects', '.claude');
  await copySession('codex/completed', 'sessions', '.codex');
  await mkdir(join(home, '.local/share/opencode'), { recursive: true });
  await cp(
    inRepo('test/fixtures/opencode/usage_limit/opencode.db'),
    join(home, '.local/share/opencode/opencode.db'),
  );
  await mkdir(join(home, '.config/opencode'), { recursive: true });
  service = await startService({
    env,
    stateDir: join(home, 'state'),
    settings: { 'resume.enabled': 'false' },
  });
}, CASE_MS);

afterAll(async () => {
  await service.stop();
  await rm(home, { recursive: true, force: true });
});

beforeEach(async () => {
  await writeFile(join(home, '.claude/settings.json'), SETTINGS);
  await writeFile(join(home, '.codex/config.toml'), CONFIG);
});

async function copySession(fixture: string, folder: string, into: string): Promise<void> {
  const from = join(inRepo('test/fixtures'), fixture, folder);
  const files = (await readdir(from, { recursive: true })).filter((name) => name.endsWith('.jsonl'));
  for (const name of files) {
    const to = join(home, into, folder, name);
    await mkdir(dirname(to), { recursive: true });
    const text = await readFile(join(from, name), 'utf8');
    const now = `"timestamp":"${new Date(Date.now() - 60_000).toISOString()}"`;
    await writeFile(to, text.replaceAll(/"timestamp":"[^"]*"/g, now));
  }
}

/** One call of the bin without a terminal. */
async function palingenesis(...args: string[]): Promise<Ended> {
  const all = [BIN, ...args, `--state.dir=${join(home, 'state')}`];
  try {
    return { code: 0, ...(await run(process.execPath, all, { env })) };
  } catch (error) {
    const { code, stdout, stderr } = error as Ended;
    return { code, stdout, stderr };
  }
}

const connect = (agent: string, ...more: string[]) =>
  palingenesis('connect', agent, '--url', service.url, ...more);
const disconnect = (agent: string, ...more: string[]) => palingenesis('disconnect', agent, ...more);
const content = (path: string) => readFile(join(home, path), 'utf8');

/** The commands of a file of hooks, by their events. */
async function commandsOf(path: string): Promise<ReadonlyMap<string, string>> {
  const text = (await content(path)).replaceAll(/^ *\/\/.*$/gm, '');
  const { hooks } = JSON.parse(text) as { hooks: Hooks };
  return new Map(
    Object.entries(hooks).map(([event, groups]) => [event, groups.at(-1)?.hooks[0]?.command ?? '']),
  );
}

/** Waits until the service gives that as the reason of the session's stop. */
async function untilStopped(id: string, reason: string): Promise<void> {
  const isSo = (answer: unknown) => Object(Object(answer).stop).reason === reason;
  await service.until(`/api/v1/sessions/${id}`, isSo, 15_000);
}

describe('palingenesis connect', () => {
  it('shows the change and makes none without a yes', async () => {
    const { code, stdout, stderr } = await connect('claude-code');
    expect(code).toBe(1);
    expect(stdout).toContain(`--- ${home}/.claude/settings.json\n+++ ${home}/.claude/settings.json\n@@ `);
    expect(stdout).toContain('+    "StopFailure": [');
    expect(stdout).not.toContain('a-secret');
    expect(stderr).toContain('nothing was changed: there is no terminal to ask on; say --yes');
    expect(await content('.claude/settings.json')).toBe(SETTINGS);
  });

  it.each([
    ['y', 0],
    ['n', 1],
    ['', 1],
  ])('asks on a terminal; %j ends with %i', async (answer, code) => {
    const args = ['connect', 'claude-code', '--url', service.url, `--state.dir=${join(home, 'state')}`];
    const words = [process.execPath, BIN, ...args].map((word) => `'${word}'`).join(' ');
    const typed = `printf '%s\\n' '${answer}' | script -qec "${words}" /dev/null`;
    const ended = await run('/bin/bash', ['-c', `set -o pipefail; ${typed}`], { env }).then(
      ({ stdout }) => ({ code: 0, stdout }),
      ({ code, stdout }: Ended) => ({ code, stdout }),
    );
    expect(ended.stdout).toContain('Make this change? [y/N]');
    expect(ended.code).toBe(code);
    const isChanged = (await content('.claude/settings.json')) !== SETTINGS;
    expect(isChanged).toBe(code === 0);
  });

  it('has Claude Code report, once, and leaves no trace behind', async () => {
    expect(await connect('claude-code', '--yes')).toMatchObject({ code: 0, stderr: '' });
    const connected = await content('.claude/settings.json');
    expect(connected).toContain('  // mine\n  "env": { "ANTHROPIC_AUTH_TOKEN": "a-secret" },\n');
    expect(connected).toContain('      { "hooks": [{ "type": "command", "command": "ring" }] },\n');
    expect(await connect('claude-code')).toMatchObject({
      code: 0,
      stdout: `nothing to do: claude-code reports to ${service.url}/api/v1/signals/claude-code already\n`,
    });
    await untilStopped(CLAUDE_SESSION, 'completed');
    const command = (await commandsOf('.claude/settings.json')).get('SessionEnd') ?? '';
    const report = { session_id: CLAUDE_SESSION, hook_event_name: 'SessionEnd', reason: 'prompt_input_exit' };
    expect(await runHook(command, report)).toMatchObject({ code: 0, output: '' });
    await untilStopped(CLAUDE_SESSION, 'user_exit');

    expect(await disconnect('claude-code')).toMatchObject({ code: 1 });
    expect(await content('.claude/settings.json')).toBe(connected);
    expect(await disconnect('claude-code', '--yes')).toMatchObject({ code: 0, stderr: '' });
    expect(await content('.claude/settings.json')).toBe(SETTINGS);
    expect(await disconnect('claude-code')).toMatchObject({
      code: 0,
      stdout: 'nothing to do: claude-code does not report\n',
    });
  });

  it('has Codex report, with the trust it needs, and leaves no trace behind', async () => {
    const { code, stdout } = await connect('codex', '--yes');
    expect(code).toBe(0);
    expect(stdout).toContain(`--- /dev/null\n+++ ${home}/.codex/hooks.json\n`);
    expect(stdout).toContain(`+[hooks.state."${home}/.codex/hooks.json:post_model_request:0:0"]\n`);
    const config = await content('.codex/config.toml');
    expect(config.startsWith(`${CONFIG}\n`)).toBe(true);
    expect(Object.keys(Object(Object(parse(config)['hooks'])['state']))).toHaveLength(5);
    expect(await connect('codex')).toMatchObject({ code: 0 });
    await untilStopped(CODEX_SESSION, 'completed');
    const command = (await commandsOf('.codex/hooks.json')).get('Interrupt') ?? '';
    await runHook(command, { session_id: CODEX_SESSION, hook_event_name: 'Interrupt' });
    await untilStopped(CODEX_SESSION, 'user_exit');

    expect(await disconnect('codex', '--yes')).toMatchObject({ code: 0 });
    expect(await content('.codex/config.toml')).toBe(CONFIG);
    expect(await readdir(join(home, '.codex'))).toEqual(['config.toml', 'sessions']);
  });

  it('has OpenCode report, and leaves no trace behind', async () => {
    expect(await connect('opencode', '--yes')).toMatchObject({ code: 0 });
    await cp(join(home, '.config/opencode/plugin/palingenesis.js'), join(home, 'plugin.mjs'));
    const { Palingenesis } = (await import(pathToFileURL(join(home, 'plugin.mjs')).href)) as {
      Palingenesis: () => Promise<{ event: (input: object) => Promise<void> }>;
    };
    const plugin = await Palingenesis();
    const status = {
      type: 'retry',
      attempt: 1,
      message: 'usage limit reached',
      next: Date.now() + 3_600_000,
    };
    const properties = { sessionID: OPENCODE_SESSION, status };
    await plugin.event({ event: { type: 'session.status', properties } });
    await untilStopped(OPENCODE_SESSION, 'usage_limit');

    expect(await disconnect('opencode', '--yes')).toMatchObject({ code: 0 });
    expect(await readdir(join(home, '.config/opencode'))).toEqual([]);
  });

  it('takes out only its own lines where the file was changed since, and says so', async () => {
    await connect('claude-code', '--yes');
    const changed = (await content('.claude/settings.json')).replace('"ring"', '"sing"');
    await writeFile(join(home, '.claude/settings.json'), changed);
    const { code, stdout } = await disconnect('claude-code', '--yes');
    expect(code).toBe(0);
    expect(stdout).toContain(`${home}/.claude/settings.json is not as "connect" left it: only what`);
    expect(await content('.claude/settings.json')).toBe(SETTINGS.replace('"ring"', '"sing"'));
  });

  it('leaves a broken file alone, and says where it is broken', async () => {
    const broken = '{\n  "env": {}\n  "hooks": {}\n}\n';
    await writeFile(join(home, '.claude/settings.json'), broken);
    const { code, stderr, stdout } = await connect('claude-code', '--yes');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('.claude/settings.json: line 3: comma expected; put that right and try again');
    expect(await content('.claude/settings.json')).toBe(broken);
  });

  it.each([
    [
      ['gemini-cli'],
      'gemini-cli has no hooks to report by; it is watched all the same. Those that have: claude-code',
    ],
    [['codx'], 'did you mean codex?'],
    [[], 'which agent is missing; there are: claude-code, codex, opencode'],
    [['codex', 'now'], '"now": one word too many; usage: palingenesis connect AGENT [--yes]'],
    [['codex', '--force'], '--force: no such option here'],
    [['codex', '--url', 'http://example.com'], 'allowed is http:// and a loopback address'],
    [['codex', '--http.port=0'], 'say which with --url URL'],
  ])('ends %j with 2', async (args, words) => {
    const { code, stderr } = await palingenesis('connect', ...args);
    expect(stderr).toContain(words);
    expect(code).toBe(2);
  });

  it('tells of a home that is not there', async () => {
    const nowhere = join(home, 'nowhere');
    const { code, stderr } = await connect('codex', `--agents.codex.home=${nowhere}`);
    expect(stderr).toContain(`there is no folder ${nowhere}: start the agent there once`);
    expect(code).toBe(1);
  });
});
