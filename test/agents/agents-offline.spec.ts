import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { agentBinary } from '../support/agent-binary.js';
import type { AgentName } from '../support/agent-binary.js';
import type { AgentHome, AgentHomeOptions } from '../support/agent-home.js';
import { runCodex, runGemini, runOpenCode } from '../support/agent-process.js';
import type { AgentExit, AgentRun, AgentRunOptions } from '../support/agent-process.js';
import { createCodexHome } from '../support/codex-home.js';
import type { CodexHome } from '../support/codex-home.js';
import { createGeminiHome } from '../support/gemini-home.js';
import type { GeminiHome } from '../support/gemini-home.js';
import { parseJsonLines, parseJsonRecord } from '../support/json-lines.js';
import type { JsonRecord } from '../support/json-lines.js';
import { multiTurnTask } from '../support/multi-turn-task.js';
import type { MultiTurnTask } from '../support/multi-turn-task.js';
import { createOpenCodeHome } from '../support/opencode-home.js';
import type { OpenCodeHome } from '../support/opencode-home.js';
import { ScriptedProvider } from '../support/provider/provider.js';
import { until } from '../support/until.js';
import { endProcessesOf } from './home-processes.js';

const IN_AN_HOUR = Math.floor(Date.now() / 1000) + 3600;
const TIMEOUT_MS = 30_000;

jest.setTimeout(240_000);

interface Agent<Home extends AgentHome> {
  name: AgentName;
  version: string;
  createHome(options: AgentHomeOptions): Promise<Home>;
  run(home: Home, binary: string, options: AgentRunOptions): AgentRun;
  /** What lets it write without asking. */
  args: string[];
}

interface Stage<Home extends AgentHome> {
  home: Home;
  task: MultiTurnTask;
  start(options?: Partial<AgentRunOptions>): AgentRun;
}

let provider: ScriptedProvider;
let cleanUp: (() => Promise<void>)[] = [];

beforeEach(async () => {
  provider = await ScriptedProvider.start();
  cleanUp = [() => provider.close()];
});
afterEach(async () => {
  for (const undo of cleanUp.reverse()) await undo();
});

async function setStage<Home extends AgentHome>(agent: Agent<Home>): Promise<Stage<Home>> {
  const binary = await agentBinary(agent.name, agent.version);
  const home = await agent.createHome({ providerUrl: provider.url });
  putAway(home);
  const limitStep = { type: 'usage_limit', resetAt: IN_AN_HOUR } as const;
  const task = multiTurnTask(home.cwd, { agent: agent.name, limitStep });
  provider.script(task.steps);
  const { prompt } = task;
  const start = (options = {}) => agent.run(home, binary, { prompt, args: agent.args, ...options });
  return { home, task, start };
}

function putAway(home: AgentHome): void {
  cleanUp.push(
    () => home.dispose(),
    () => endProcessesOf(home.path),
  );
}

async function expectDone({ task }: Stage<AgentHome>, { code, stderr }: AgentExit): Promise<void> {
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(await task.isFinished()).toBe(true);
}

async function expectWholeTask<Home extends AgentHome>(agent: Agent<Home>): Promise<void> {
  const stage = await setStage(agent);
  const { firstHalf, secondHalf } = stage.task;
  provider.script([...firstHalf, ...secondHalf]);
  await expectDone(stage, await stage.start().exit);
  expect(stepsPlayed()).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
}

async function expectResumed<Home extends AgentHome>(stage: Stage<Home>, id: string): Promise<void> {
  await expectDone(stage, await stage.start({ prompt: 'continue', resume: id }).exit);
  expect(stepsPlayed()).toEqual(['ok', 'ok', 'usage_limit', 'ok', 'ok', 'ok']);
}

function stepsPlayed(): (string | undefined)[] {
  return provider.requests.map(({ step }) => step);
}

/** Codex' app-server answers as long as its input is open. */
async function readRateLimits({ cwd, env }: CodexHome, binary: string): Promise<unknown> {
  const server = spawn(binary, ['app-server'], { cwd, env, stdio: ['pipe', 'pipe', 'ignore'] });
  const messages = [
    { id: 1, method: 'initialize', params: { clientInfo: { name: 'test', version: '1' } } },
    { method: 'initialized' },
    { id: 2, method: 'account/rateLimits/read' },
  ];
  for (const message of messages) server.stdin.write(`${JSON.stringify(message)}\n`);
  for await (const line of createInterface(server.stdout)) {
    const { id, result } = parseJsonRecord(line);
    if (id === 2) return result;
  }
  throw new Error('The app-server ended without an answer');
}

/** The first line of output that has that key tells the session. */
function sessionIn({ stdout }: AgentExit, key: string): string {
  const record = parseJsonLines(stdout).find((line) => typeof line[key] === 'string');
  return String(record?.[key]);
}

describe('Codex 0.169.0, offline', () => {
  const codex: Agent<CodexHome> = {
    name: 'codex',
    version: '0.169.0',
    createHome: createCodexHome,
    run: runCodex,
    args: ['-c', 'sandbox_mode="workspace-write"'],
  };
  const payloads = (rollout: JsonRecord[]) => rollout.map(({ payload }) => payload);

  it('completes a task of many turns', () => expectWholeTask(codex));

  it('fails at a usage limit, keeps its reset on disk, and goes on with the same rollout', async () => {
    const stage = await setStage(codex);
    const exit = await stage.start().exit;
    expect(exit.code).toBe(1);
    const id = sessionIn(exit, 'thread_id');
    const rollout = payloads(await stage.home.readRollout(id));
    expect(rollout.slice(-2)).toMatchObject([
      { type: 'token_count', rate_limits: { primary: { used_percent: 100, resets_at: IN_AN_HOUR } } },
      { type: 'task_complete', error: { codex_error_info: 'usage_limit_exceeded' } },
    ]);
    await expectResumed(stage, id);
    const resumed = payloads(await stage.home.readRollout(id));
    expect(resumed.slice(0, rollout.length)).toEqual(rollout);
    expect(resumed.at(-1)).toMatchObject({ type: 'task_complete', last_agent_message: 'finished' });
    expect(await readdir(join(stage.home.configDir, 'thread-writer-locks'))).toEqual(['.coordination.lock']);
  });

  it('asks for the usage of a ChatGPT account without a turn', async () => {
    const binary = await agentBinary(codex.name, codex.version);
    const home = await createCodexHome({ providerUrl: provider.url, account: 'chatgpt' });
    putAway(home);
    provider.usage.fiveHour = { usedPercent: 100, resetAt: IN_AN_HOUR };
    expect(await readRateLimits(home, binary)).toMatchObject({
      ordinaryUsageAllowed: false,
      rateLimits: { primary: { usedPercent: 100, resetsAt: IN_AN_HOUR }, secondary: { usedPercent: 34 } },
    });
    expect(provider.requests).toEqual([]);
  });
});

describe('OpenCode 1.18.33, offline', () => {
  const openCode: Agent<OpenCodeHome> = {
    name: 'opencode',
    version: '1.18.33',
    createHome: createOpenCodeHome,
    run: runOpenCode,
    args: [],
  };

  it('completes a task of many turns', () => expectWholeTask(openCode));

  it('waits at a usage limit with an open message, and goes on with the session once it is ended', async () => {
    const stage = await setStage(openCode);
    const run = stage.start();
    const isWaiting = async () =>
      /message="stream error".*usage limit/.test(await stage.home.log()) || undefined;
    await until(isWaiting, { timeoutMs: TIMEOUT_MS, failure: () => stage.home.log() });
    run.signal('SIGTERM');
    const exit = await run.exit;
    expect(exit.signal).toBe('SIGTERM');
    const id = sessionIn(exit, 'sessionID');
    const open = stage.home.messages(id).at(-1);
    expect(open).toMatchObject({ role: 'assistant', time: { created: expect.any(Number) } });
    expect(open).not.toHaveProperty('time.completed');
    expect(open).not.toHaveProperty('error');
    await expectResumed(stage, id);
    expect(stage.home.messages(id).at(-1)).toMatchObject({ role: 'assistant', finish: 'stop' });
  });
});

describe('Gemini CLI 0.61.0, offline', () => {
  const gemini: Agent<GeminiHome> = {
    name: 'gemini-cli',
    version: '0.61.0',
    createHome: createGeminiHome,
    run: runGemini,
    args: ['--approval-mode', 'yolo'],
  };

  it('completes a task of many turns', () => expectWholeTask(gemini));

  it('fails at a usage limit, writes nothing of it, and goes on with the session', async () => {
    const stage = await setStage(gemini);
    const exit = await stage.start().exit;
    expect(exit.code).toBe(429 % 256);
    expect(parseJsonLines(exit.stdout).at(-1)).toMatchObject({ type: 'result', status: 'error' });
    const id = sessionIn(exit, 'session_id');
    expect(JSON.stringify(await stage.home.readSession(id))).not.toMatch(/quota|error/i);
    await expectResumed(stage, id);
    const said = (await stage.home.readSession(id)).filter(({ type }) => type === 'gemini');
    expect(said.at(-1)).toMatchObject({ content: 'finished' });
  });
});
