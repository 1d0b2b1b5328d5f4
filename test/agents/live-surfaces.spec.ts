import { describe, expect, it, jest } from '@jest/globals';
import { agentBinary } from '../support/agent-binary.js';
import { AgentTui, openTui } from '../support/agent-tui.js';
import { createClaudeHome } from '../support/claude-home.js';
import { startClaudeTui } from '../support/claude-tui.js';
import { createCodexHome } from '../support/codex-home.js';
import { startCodexTui } from '../support/codex-tui.js';
import { multiTurnTask } from '../support/multi-turn-task.js';
import type { MultiTurnTask } from '../support/multi-turn-task.js';
import type { AgentName } from '../support/agent-binary.js';
import { createOpenCodeHome } from '../support/opencode-home.js';
import { OpenCodeServer } from '../support/opencode-server.js';
import { until } from '../support/until.js';
import type { AgentHome } from '../support/agent-home.js';
import type { Outcome, Resuming } from './resuming.js';
import { resumings } from './resuming.js';

/** It tries five times more, at once. */
const SOON = { headers: { 'retry-after-ms': '1' }, times: 6 } as const;
const RESET_IN_SEC = 6;

jest.setTimeout(120_000);

/** Half of the task, then a limit, then the other half. */
function script(world: Resuming<AgentHome>, agent: AgentName, limit: object = {}): MultiTurnTask {
  const limitStep = { type: 'usage_limit', resetInSec: RESET_IN_SEC, ...limit } as const;
  const task = multiTurnTask(world.home.cwd, { limitStep, agent });
  world.provider.script(task.steps);
  return task;
}

async function untilLimited({ provider }: Resuming<AgentHome>, times = 1): Promise<void> {
  const limits = () => provider.requests.filter(({ step }) => step === 'usage_limit').length;
  await until(async () => (limits() >= times ? true : undefined), {
    timeoutMs: 60_000,
    failure: () => 'The limit was not met',
  });
}

/** One resume by that strategy, into the process that was there, and the task done by it. */
async function expectSaved(outcome: Outcome, task: MultiTurnTask, strategy: string): Promise<void> {
  expect(outcome.episode).toMatchObject({ state: 'saved', attempts: 1, successor: null });
  expect(outcome.runs).toMatchObject([{ strategy, state: 'ended', result: 'ok', pid: null }]);
  expect(await task.isFinished()).toBe(true);
}

/** Codex at its limit, in a tmux pane, its daemon not running. */
async function codexAtItsMenu(open: ReturnType<typeof resumings>) {
  const binary = await agentBinary('codex', '0.169.0');
  const world = await open((providerUrl) => createCodexHome({ providerUrl }));
  const task = script(world, 'codex');
  const args = ['-s', 'danger-full-access', '-a', 'never'];
  const tui = await startCodexTui(world.home, binary, { args });
  world.closing.push(() => tui.close());
  await tui.send(task.prompt);
  await tui.untilPane((pane) => pane.includes('Switch to'));
  return { binary, world, task, tui };
}

describe('a session that is open is told to go on where it is:', () => {
  const open = resumings();

  it('Claude Code in tmux, at its limit dialog, its permission mode kept', async () => {
    const binary = await agentBinary('claude-code', '2.1.197');
    const world = await open((providerUrl) => createClaudeHome({ providerUrl, account: 'subscription' }));
    const task = script(world, 'claude-code');
    const tui = await startClaudeTui(world.home, binary, { args: ['--permission-mode', 'acceptEdits'] });
    world.closing.push(() => tui.close());
    await tui.send(task.prompt);
    await tui.untilRegistry(({ status, waitingFor }) => status === 'waiting' && waitingFor === 'dialog open');
    await world.serve({ 'agents.claude-code.command': '/nowhere/claude' });
    const outcome = await world.untilSettled();
    await expectSaved(outcome, task, 'terminal');
    expect(await tui.pane()).toContain('finished');
    const records = await world.home.readTranscript(outcome.id);
    const modes = new Set(records.map(({ permissionMode }) => permissionMode).filter(Boolean));
    expect(modes).toEqual(new Set(['acceptEdits']));
  });

  it('Claude Code in tmux, once, though the service is killed meanwhile', async () => {
    const binary = await agentBinary('claude-code', '2.1.197');
    const world = await open((providerUrl) => createClaudeHome({ providerUrl, account: 'subscription' }));
    const task = multiTurnTask(world.home.cwd, {
      limitStep: { type: 'usage_limit', resetInSec: RESET_IN_SEC },
    });
    const [next, ...rest] = task.secondHalf;
    if (next === undefined) throw new Error('the task has no second half');
    const before = task.steps.slice(0, -task.secondHalf.length);
    world.provider.script([...before, { ...next, delayMs: 6000 }, ...rest]);
    const tui = await startClaudeTui(world.home, binary, { args: ['--permission-mode', 'acceptEdits'] });
    world.closing.push(() => tui.close());
    await tui.send(task.prompt);
    await tui.untilRegistry(({ status }) => status === 'waiting');
    const settings = { 'agents.claude-code.command': '/nowhere/claude' };
    await world.serve(settings);
    await world.untilEpisode(({ state }) => state === 'resuming');
    await until(async () => (world.provider.requests.length > before.length ? true : undefined), {
      timeoutMs: 30_000,
      failure: () => 'It was not told to go on',
    });
    await world.restart(settings);
    const outcome = await world.untilSettled();
    await expectSaved(outcome, task, 'terminal');
    const prompts = (await world.home.readTranscript(outcome.id))
      .filter(({ type }) => type === 'user')
      .map(({ message }) => (message as { content: unknown }).content);
    expect(prompts.filter((content) => content === 'continue')).toHaveLength(1);
  });

  it('Codex in a terminal, through its daemon, its sandbox kept', async () => {
    const binary = await agentBinary('codex', '0.169.0');
    const features = { plugins: false, apps: false, daemon_auto_start: true };
    const config = { features, sandbox_mode: 'danger-full-access', approval_policy: 'never' };
    const world = await open((providerUrl) => createCodexHome({ providerUrl, config }));
    const task = script(world, 'codex');
    const { tmuxSocket, pid } = await openTui(world.home, binary, { args: ['--no-alt-screen'] });
    const tui = new AgentTui(world.home, tmuxSocket, pid, '›');
    world.closing.push(() => tui.close());
    await tui.untilPane((pane) => pane.includes('for shortcuts'));
    await tui.send(task.prompt);
    await untilLimited(world);
    await world.serve({ 'agents.codex.command': '/nowhere/codex' });
    const outcome = await world.untilSettled();
    await expectSaved(outcome, task, 'daemon');
    await tui.untilPane((pane) => pane.includes('finished'));
    const contexts = (await world.home.readRollout(outcome.id)).filter(({ type }) => type === 'turn_context');
    expect(contexts.length).toBeGreaterThan(1);
    expect(JSON.stringify(contexts.at(-1))).toContain('"sandbox_policy":{"type":"danger-full-access"}');
  });

  it('Codex in tmux without a daemon, at its menu, its model kept', async () => {
    const { world, task } = await codexAtItsMenu(open);
    await world.serve({ 'agents.codex.command': '/nowhere/codex' });
    const outcome = await world.untilSettled();
    await expectSaved(outcome, task, 'terminal');
    const models = (await world.home.readRollout(outcome.id))
      .filter(({ type }) => type === 'turn_context')
      .map(({ payload }) => (payload as { model: string }).model);
    expect(new Set(models)).toEqual(new Set(['gpt-5.1-codex']));
  });

  it('OpenCode through its server', async () => {
    const binary = await agentBinary('opencode', '1.18.33');
    const world = await open((providerUrl) => createOpenCodeHome({ providerUrl }));
    const task = script(world, 'opencode', SOON);
    const server = await OpenCodeServer.start(world.home, binary);
    world.closing.push(() => server.kill());
    await server.prompt(world.home.cwd, task.prompt);
    await untilLimited(world, SOON.times);
    await world.serve({ 'agents.opencode.command': '/nowhere/opencode' });
    await expectSaved(await world.untilSettled(), task, 'server');
  });

  it('OpenCode in tmux, where it has no server', async () => {
    const binary = await agentBinary('opencode', '1.18.33');
    const world = await open((providerUrl) => createOpenCodeHome({ providerUrl }));
    const task = script(world, 'opencode', SOON);
    const { tmuxSocket, pid } = await openTui(world.home, binary, {});
    const tui = new AgentTui(world.home, tmuxSocket, pid);
    world.closing.push(() => tui.close());
    await tui.untilPane((pane) => /Ask anything|ctrl\+p/i.test(pane));
    await tui.send(task.prompt);
    await untilLimited(world, SOON.times);
    await world.serve({ 'agents.opencode.command': '/nowhere/opencode' });
    await expectSaved(await world.untilSettled(), task, 'terminal');
  });
});

describe('a session that is open and cannot be told is left alone:', () => {
  const open = resumings();

  it('Claude Code outside of tmux: no second writer, and the holder is named', async () => {
    const binary = await agentBinary('claude-code', '2.1.197');
    const world = await open((providerUrl) => createClaudeHome({ providerUrl, account: 'subscription' }));
    const task = script(world, 'claude-code');
    // What tells the pane is not there: the environment of a program that left tmux, or never was in it.
    const tui = await startClaudeTui(world.home, '/usr/bin/env', {
      args: ['-u', 'TMUX', '-u', 'TMUX_PANE', binary, '--permission-mode', 'acceptEdits'],
    });
    world.closing.push(() => tui.close());
    await tui.send(task.prompt);
    await tui.untilRegistry(({ status }) => status === 'waiting');
    await world.serve({ 'agents.claude-code.command': binary });
    const { episode, runs } = await world.untilSettled();
    expect(episode).toMatchObject({ state: 'parked', attempts: 0 });
    expect(episode.why).toContain(`process ${tui.pid}`);
    expect(runs).toEqual([]);
    expect(world.provider.requests.at(-1)?.step).toBe('usage_limit');
  });

  it('Codex refuses a second writer by itself: nothing is lost, and nothing repeated', async () => {
    const { binary, world, tui } = await codexAtItsMenu(open);
    await world.serve({ 'agents.codex.command': binary, 'resume.tmux': 'false' });
    const { episode, runs } = await world.untilSettled();
    expect(episode).toMatchObject({ state: 'parked', attempts: 0 });
    expect(episode.why).toContain(`process ${tui.pid}`);
    expect(runs).toEqual([]);
  });
});
