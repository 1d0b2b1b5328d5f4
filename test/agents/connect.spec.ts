import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { agentBinary, type AgentName } from '../support/agent-binary.js';
import { filesBelow, type AgentHome, type AgentHomeOptions } from '../support/agent-home.js';
import {
  runClaude,
  runCodex,
  runOpenCode,
  type AgentExit,
  type AgentRun,
  type AgentRunOptions,
} from '../support/agent-process.js';
import { createClaudeHome, type ClaudeHome } from '../support/claude-home.js';
import { createCodexHome, type CodexHome } from '../support/codex-home.js';
import { isJsonRecord } from '../support/json-lines.js';
import { createOpenCodeHome, type OpenCodeHome } from '../support/opencode-home.js';
import { ScriptedProvider } from '../support/provider/provider.js';
import type { Step } from '../support/provider/step.js';
import { startService, type ServiceProcess } from '../support/service-process.js';
import { SignalRecorder, type Recorded } from '../support/signal-recorder.js';
import { endProcessesOf } from './home-processes.js';

const BIN = fileURLToPath(new URL('../../bin/palingenesis.mjs', import.meta.url));
const IN_AN_HOUR = Math.floor(Date.now() / 1000) + 3600;
const PROMPT = 'Say a word that nobody reports';

jest.setTimeout(240_000);

interface Agent<Home extends AgentHome> {
  name: AgentName;
  version: string;
  createHome(options: AgentHomeOptions): Promise<Home>;
  run(home: Home, binary: string, options: AgentRunOptions): AgentRun;
  /** The folder whose files must be as before. */
  configDir(home: Home): string;
  steps: Step[];
}

let provider: ScriptedProvider;
let service: ServiceProcess;
let recorder: SignalRecorder;
let cleanUp: (() => Promise<void>)[] = [];

beforeEach(async () => {
  provider = await ScriptedProvider.start();
  cleanUp = [() => provider.close()];
});
afterEach(async () => {
  for (const undo of cleanUp.reverse()) await undo();
});

/** A home of the agent, and a service that watches it and resumes nothing. */
async function setStage<Home extends AgentHome>(agent: Agent<Home>) {
  const binary = await agentBinary(agent.name, agent.version);
  const home = await agent.createHome({ providerUrl: provider.url });
  cleanUp.push(
    () => home.dispose(),
    () => endProcessesOf(home.path),
  );
  const stateDir = join(home.path, 'state');
  service = await startService({ env: home.env, stateDir, settings: { 'resume.enabled': 'false' } });
  recorder = await SignalRecorder.start(service.url);
  cleanUp.push(
    () => service.stop(),
    () => recorder.close(),
  );
  const palingenesis = async (...args: string[]): Promise<string> => {
    const all = [BIN, ...args, agent.name, '--yes', `--state.dir=${stateDir}`];
    return (await promisify(execFile)(process.execPath, all, { env: home.env })).stdout;
  };
  const run = (): Promise<AgentExit> => {
    provider.script(agent.steps);
    return agent.run(home, binary, { prompt: PROMPT }).exit;
  };
  return { home, palingenesis, run, settings: () => textsBelow(agent.configDir(home)) };
}

/** What a person or we may have written there, by path; the agent's own data aside. */
async function textsBelow(folder: string): Promise<Record<string, string>> {
  const files = (await filesBelow(folder)).filter((path) =>
    /^[^/]*$|^plugin\//.test(path.slice(folder.length + 1)),
  );
  const written = files.filter((path) => /(?:settings|hooks|opencode)\.json$|\.toml$|\.js$/.test(path));
  const entries = written.map(async (path): Promise<[string, string]> => [
    path,
    await readFile(path, 'utf8'),
  ]);
  return Object.fromEntries<string>(await Promise.all(entries));
}

/** Without what differs from run to run. */
function told({ code, signal, stdout, stderr }: AgentExit): object {
  const same = (text: string) =>
    text
      .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'ID')
      .replaceAll(/"(?:id|sessionID|messageID|snapshot)":"[^"]*"/g, '"id"')
      .replaceAll(/"(?:timestamp|start|end)":\d+/g, '"time"');
  return { code, signal, stdout: same(stdout), stderr: same(stderr) };
}

async function expectReports<Home extends AgentHome>(agent: Agent<Home>): Promise<readonly Recorded[]> {
  const { palingenesis, run, settings } = await setStage(agent);
  const alone = await run();
  // Only now: OpenCode adds a line to its file when it first reads it.
  const before = await settings();
  expect(await palingenesis('connect', '--url', recorder.url)).toContain(`done: ${agent.name} reports to`);
  expect(await settings()).not.toEqual(before);
  const connected = await run();
  expect(told(connected)).toEqual(told(alone));
  const { reports } = recorder;
  expect(new Set(reports.map(({ path }) => path))).toEqual(new Set([`/api/v1/signals/${agent.name}`]));
  expect(JSON.stringify(reports)).not.toContain(PROMPT);
  await palingenesis('disconnect');
  expect(await settings()).toEqual(before);
  const count = reports.length;
  expect(told(await run())).toEqual(told(alone));
  expect(reports).toHaveLength(count);
  return reports;
}

const events = (reports: readonly Recorded[]) =>
  reports.map(({ report, signals }) => `${String(report['hook_event_name'])} ${String(signals)}`);

describe('a connected agent reports to the service, and runs as it did', () => {
  it('Claude Code 2.1.197, at a limit', async () => {
    const claude: Agent<ClaudeHome> = {
      name: 'claude-code',
      version: '2.1.197',
      createHome: (options) => createClaudeHome({ ...options, account: 'subscription' }),
      run: runClaude,
      configDir: ({ configDir }) => configDir,
      steps: [{ type: 'usage_limit', resetAt: IN_AN_HOUR }],
    };
    const reports = await expectReports(claude);
    // The last two it runs at the same time.
    expect(events(reports).toSorted()).toEqual(['SessionEnd 0', 'StopFailure 1', 'UserPromptSubmit 1']);
    expect(reports.map(({ report }) => report)).toContainEqual({
      hook_event_name: 'StopFailure',
      session_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      error: 'rate_limit',
      last_assistant_message: expect.stringMatching(/^You've hit your session limit · resets /),
    });
  });

  it('Codex 0.169.0, at a limit', async () => {
    const codex: Agent<CodexHome> = {
      name: 'codex',
      version: '0.169.0',
      createHome: createCodexHome,
      run: runCodex,
      configDir: ({ configDir }) => configDir,
      steps: [{ type: 'usage_limit', resetAt: IN_AN_HOUR }],
    };
    const reports = await expectReports(codex);
    expect(events(reports)).toEqual(['UserPromptSubmit 1', 'PostModelRequest 1']);
    expect(reports.at(-1)?.report).toEqual({
      hook_event_name: 'PostModelRequest',
      session_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      status: 'failed',
      error: expect.stringContaining('usage limit'),
    });
  });

  it('OpenCode 1.18.33, in a retry', async () => {
    const openCode: Agent<OpenCodeHome> = {
      name: 'opencode',
      version: '1.18.33',
      createHome: createOpenCodeHome,
      run: runOpenCode,
      configDir: ({ configDir }) => configDir,
      steps: [{ type: 'rate_limit', headers: { 'retry-after-ms': '1500' } }, { type: 'ok' }],
    };
    const reports = await expectReports(openCode);
    const states = reports.map(({ report }) => stateOf(report));
    // It ends within a millisecond of being idle, mostly before it could say so; its database has that.
    const changes = states.filter((state, index) => state !== states[index - 1]);
    expect(changes.slice(0, 3)).toEqual(['busy', 'retry', 'busy']);
    expect(reports.map(({ signals }) => signals)).toEqual(reports.map(() => 1));
  });
});

function stateOf({ event }: Record<string, unknown>): unknown {
  const properties = isJsonRecord(event) ? event['properties'] : undefined;
  const status = isJsonRecord(properties) ? properties['status'] : undefined;
  return isJsonRecord(status) ? status['type'] : undefined;
}
