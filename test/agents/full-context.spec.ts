import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { agentBinary } from '../support/agent-binary.js';
import { runClaude, runCodex, runOpenCode } from '../support/agent-process.js';
import type { AgentRun } from '../support/agent-process.js';
import { createClaudeHome } from '../support/claude-home.js';
import { startClaudeTui } from '../support/claude-tui.js';
import { createCodexHome } from '../support/codex-home.js';
import { startCodexTui } from '../support/codex-tui.js';
import { multiTurnTask } from '../support/multi-turn-task.js';
import type { MultiTurnTask } from '../support/multi-turn-task.js';
import type { Step } from '../support/provider/step.js';
import type { EpisodeAnswer, RunAnswer } from './answers.js';
import type { AgentName } from '../support/agent-binary.js';
import { OpenCodeServer } from '../support/opencode-server.js';
import { until } from '../support/until.js';
import { createOpenCodeHome } from '../support/opencode-home.js';
import type { AgentHome } from '../support/agent-home.js';
import type { Resuming } from './resuming.js';
import { resumings } from './resuming.js';
import { FOREVER } from './stops.js';

jest.setTimeout(120_000);

interface Story {
  runs: RunAnswer[];
  episodes: EpisodeAnswer[];
}

const FULL = { type: 'context', ...FOREVER } as const;

/** The first half of a task, then nothing but a full context. */
async function fill(
  world: Resuming<AgentHome>,
  agent: AgentName,
  run: (prompt: string) => AgentRun,
): Promise<MultiTurnTask> {
  const task = multiTurnTask(world.home.cwd, { limitStep: FULL, agent });
  world.provider.script([...task.firstHalf, FULL]);
  const { code } = await run(task.prompt).exit;
  expect(code).not.toBe(0);
  return task;
}

/** The last prompt the provider was sent, as far as it speaks of the hand-over. */
function handedOver({ provider }: Resuming<AgentHome>): string {
  const bodies = provider.requests.map(({ body }) => JSON.stringify(body));
  return bodies.findLast((body) => body.includes('You take over the work')) ?? '';
}

async function backupsOf({ stateDir }: Resuming<AgentHome>): Promise<string[]> {
  const folder = join(stateDir, 'backups');
  const names = await readdir(folder).catch(() => []);
  for (const name of names) expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
  return names;
}

describe('a session whose context is full is not waited for:', () => {
  const open = resumings();

  it('Claude Code compacts it once, then goes on', async () => {
    const binary = await agentBinary('claude-code', '2.1.197');
    const world = await open((providerUrl) => createClaudeHome({ providerUrl, account: 'api-key' }));
    const args = ['--permission-mode', 'acceptEdits'];
    const task = await fill(world, 'claude-code', (prompt) =>
      runClaude(world.home, binary, { prompt, args }),
    );
    world.provider.script([{ type: 'ok', text: 'The first half is written.' }, ...task.secondHalf]);
    await world.serve({ 'agents.claude-code.command': binary });
    const { episode, runs } = await world.untilSettled();
    expect(episode).toMatchObject({ state: 'saved', attempts: 2, successor: null });
    expect(runs).toMatchObject([
      { strategy: 'compact', result: 'ok' },
      { strategy: 'headless', result: 'ok' },
    ]);
    expect(await task.isFinished()).toBe(true);
    expect(await backupsOf(world)).toEqual([]);
  });

  it('Claude Code that cannot compact hands over to a new session, by what its records tell', async () => {
    const binary = await agentBinary('claude-code', '2.1.197');
    const world = await open((providerUrl) => createClaudeHome({ providerUrl, account: 'api-key' }));
    const args = ['--permission-mode', 'acceptEdits'];
    const task = await fill(world, 'claude-code', (prompt) =>
      runClaude(world.home, binary, { prompt, args }),
    );
    const [next, ...rest] = task.secondHalf;
    world.provider.script([
      ...(next === undefined ? [] : [{ ...next, match: 'You take over the work' }]),
      ...rest.map((step) => ({ ...step, match: 'You take over the work' })),
      FULL,
    ]);
    await world.serve({ 'agents.claude-code.command': binary });
    const { id, episode, runs } = await world.untilSettled();
    expect(episode).toMatchObject({ state: 'saved', attempts: 2 });
    expect(episode.successor).not.toBe(id);
    expect(runs).toMatchObject([{ strategy: 'compact' }]);
    expect(await task.isFinished()).toBe(true);
    expect(handedOver(world)).toContain(task.prompt);
    expect(handedOver(world)).toContain('letters.txt');
    expect(await backupsOf(world)).toEqual([
      expect.stringMatching(/^session-backup-\d{8}-\d{6}-claude-code-/),
    ]);
    const records = await world.home.readTranscript(episode.successor ?? '');
    const modes = new Set(records.map(({ permissionMode }) => permissionMode).filter(Boolean));
    expect(modes).toEqual(new Set(['acceptEdits']));
  });

  it('Codex goes on with it, which compacts it first', async () => {
    const binary = await agentBinary('codex', '0.169.0');
    const world = await open((providerUrl) => createCodexHome({ providerUrl }));
    const args = ['-c', 'sandbox_mode="danger-full-access"'];
    const task = await fill(world, 'codex', (prompt) => runCodex(world.home, binary, { prompt, args }));
    world.provider.script(task.secondHalf);
    await world.serve({ 'agents.codex.command': binary });
    const { episode, runs } = await world.untilSettled();
    expect(episode).toMatchObject({ state: 'saved', attempts: 1, successor: null });
    expect(runs).toMatchObject([{ strategy: 'headless', result: 'ok' }]);
    expect(await task.isFinished()).toBe(true);
    const types = (await world.home.readRollout(episode.session_id)).map(({ type }) => type);
    expect(types).toContain('compacted');
  });

  it('Codex that stays full hands over to a new session, by its Next-step.md', async () => {
    const binary = await agentBinary('codex', '0.169.0');
    const world = await open((providerUrl) => createCodexHome({ providerUrl }));
    const args = ['-c', 'sandbox_mode="danger-full-access"'];
    const task = await fill(world, 'codex', (prompt) => runCodex(world.home, binary, { prompt, args }));
    await writeFile(join(world.home.cwd, 'Next-step.md'), 'Add gamma and delta to letters.txt.\n');
    const second = task.secondHalf.map((step) => ({ ...step, match: 'You take over the work' }));
    world.provider.script([...second, FULL]);
    await world.serve({ 'agents.codex.command': binary });
    const { id, episode, runs } = await world.untilSettled();
    expect(episode).toMatchObject({ state: 'saved', attempts: 2 });
    expect(episode.successor).not.toBe(id);
    expect(runs).toMatchObject([{ strategy: 'headless', result: 'failed' }]);
    expect(await task.isFinished()).toBe(true);
    expect(handedOver(world)).toContain('Add gamma and delta');
    const rollout = JSON.stringify(await world.home.readRollout(episode.successor ?? ''));
    expect(rollout).toContain('"sandbox_policy":{"type":"danger-full-access"}');
  });

  it('OpenCode hands over to a new session, and its records tell the task', async () => {
    const binary = await agentBinary('opencode', '1.18.33');
    const world = await open((providerUrl) => createOpenCodeHome({ providerUrl }));
    world.home.env['OPENCODE_DISABLE_AUTOCOMPACT'] = '1';
    const task = await fill(world, 'opencode', (prompt) => runOpenCode(world.home, binary, { prompt }));
    const second = task.secondHalf.map((step) => ({ ...step, match: 'You take over the work' }));
    world.provider.script([...second, FULL]);
    await world.serve({ 'agents.opencode.command': binary });
    const { id, episode } = await world.untilSettled();
    expect(episode).toMatchObject({ state: 'saved', attempts: 1 });
    expect(episode.successor).not.toBe(id);
    expect(await task.isFinished()).toBe(true);
    expect(handedOver(world)).toContain(task.prompt);
    const [backup = ''] = await backupsOf(world);
    expect(await readFile(join(world.stateDir, 'backups', backup), 'utf8')).toContain(task.prompt);
  });
});

describe('OpenCode, which compacts by itself, run by the service:', () => {
  const open = resumings();

  /** A run of the service, its context full in the middle of the task. */
  async function launch(script: (task: MultiTurnTask) => Step[]) {
    const binary = await agentBinary('opencode', '1.18.33');
    const world = await open((providerUrl) => createOpenCodeHome({ providerUrl }));
    const task = multiTurnTask(world.home.cwd, { limitStep: FULL, agent: 'opencode' });
    world.provider.script(script(task));
    const service = await world.serve({ 'agents.opencode.command': binary });
    const asked = { agent: 'opencode', cwd: world.home.cwd, prompt: task.prompt, permission_mode: 'auto' };
    const { id } = (await service.post('/api/v1/sessions', asked)) as { id: string };
    return { world, task, service, id };
  }

  it('goes on after that, and is no stop', async () => {
    const { task, service, id } = await launch(({ firstHalf, secondHalf }) => [
      ...firstHalf,
      { type: 'context' },
      ...secondHalf,
    ]);
    const isOver = (answer: unknown) => (answer as Story).runs.every(({ state }) => state === 'ended');
    const { runs, episodes } = (await service.until(`/api/v1/sessions/${id}`, isOver, 60_000)) as Story;
    expect(runs).toMatchObject([{ kind: 'launch', result: 'ok' }]);
    expect(episodes).toEqual([]);
    expect(await task.isFinished()).toBe(true);
  });

  it('is ended where it compacts without end, and hands over to a new session', async () => {
    const { world, task, id } = await launch(({ firstHalf, secondHalf }) => [
      ...firstHalf,
      ...secondHalf.map((step) => ({ ...step, match: 'You take over the work' })),
      FULL,
    ]);
    const { episode } = await world.untilSettled();
    expect(episode).toMatchObject({ session_id: id, state: 'saved', stop: { reason: 'context_exhausted' } });
    expect(episode.successor).not.toBe(id);
    expect(await task.isFinished()).toBe(true);
    const full = world.provider.requests.filter(({ step }) => step === 'context').length;
    expect(full).toBeLessThan(60);
  });
});

describe('a full context in a session that is open:', () => {
  const open = resumings();

  it('OpenCode compacts it through its server, then goes on', async () => {
    const binary = await agentBinary('opencode', '1.18.33');
    const world = await open((providerUrl) => createOpenCodeHome({ providerUrl }));
    world.home.env['OPENCODE_DISABLE_AUTOCOMPACT'] = '1';
    const task = multiTurnTask(world.home.cwd, { limitStep: FULL, agent: 'opencode' });
    world.provider.script([...task.firstHalf, { type: 'context' }, ...task.secondHalf]);
    const server = await OpenCodeServer.start(world.home, binary);
    world.closing.push(() => server.kill());
    const id = await server.prompt(world.home.cwd, task.prompt);
    await until(async () => (world.provider.requests.at(-1)?.step === 'context' ? true : undefined), {
      timeoutMs: 30_000,
      failure: () => 'The context never was full',
    });
    await world.serve({ 'agents.opencode.command': '/nowhere/opencode' });
    const { episode, runs } = await world.untilSettled();
    expect(episode).toMatchObject({ session_id: id, state: 'saved', attempts: 1, successor: null });
    expect(runs).toMatchObject([{ strategy: 'server', result: 'ok', pid: null }]);
    expect(await task.isFinished()).toBe(true);
    const modes = world.home.messages(id).map(({ mode }) => mode);
    expect(modes).toContain('compaction');
  });

  /** Claude Code in tmux, at rest with half of the task done and no room for more. */
  async function fullTui() {
    const binary = await agentBinary('claude-code', '2.1.197');
    const world = await open((providerUrl) => createClaudeHome({ providerUrl, account: 'subscription' }));
    const task = multiTurnTask(world.home.cwd, { limitStep: FULL });
    world.provider.script([...task.firstHalf, FULL]);
    const tui = await startClaudeTui(world.home, binary, { args: ['--permission-mode', 'acceptEdits'] });
    world.closing.push(() => tui.close());
    await tui.send(task.prompt);
    await tui.untilPane((pane) => pane.includes('Context limit reached'));
    await tui.untilRegistry(({ status }) => status === 'idle');
    return { world, task, tui };
  }

  it('OpenCode that compacts without end, told to go on by us, is told to stop', async () => {
    const binary = await agentBinary('opencode', '1.18.33');
    const world = await open((providerUrl) => createOpenCodeHome({ providerUrl }));
    const limitStep = { type: 'overloaded', headers: { 'retry-after-ms': '1' }, times: 6 } as const;
    const task = multiTurnTask(world.home.cwd, { limitStep, agent: 'opencode' });
    world.provider.script([...task.firstHalf, limitStep, FULL]);
    const server = await OpenCodeServer.start(world.home, binary);
    world.closing.push(() => server.kill());
    await server.prompt(world.home.cwd, task.prompt);
    await until(async () => (world.provider.requests.at(-1)?.step === 'overloaded' ? true : undefined), {
      timeoutMs: 30_000,
      failure: () => 'The overload was not met',
    });
    await world.serve({ 'agents.opencode.command': '/nowhere/opencode' });
    const { episode, runs } = await world.untilSettled();
    expect(episode).toMatchObject({ state: 'parked', stop: { reason: 'context_exhausted' } });
    expect(episode.why).toContain(`process ${server.pid}`);
    expect(runs).toMatchObject([{ strategy: 'server', result: 'failed', reason: 'context_exhausted' }]);
    const asked = world.provider.requests.length;
    await server.untilAtRest(world.home.cwd);
    expect(world.provider.requests.length).toBeLessThan(asked + 10);
  });

  it('Codex in a terminal without its daemon compacts it when it is told to go on', async () => {
    const binary = await agentBinary('codex', '0.169.0');
    const world = await open((providerUrl) => createCodexHome({ providerUrl }));
    const task = multiTurnTask(world.home.cwd, { limitStep: FULL, agent: 'codex' });
    world.provider.script([...task.firstHalf, FULL]);
    const args = ['-s', 'danger-full-access', '-a', 'never'];
    const tui = await startCodexTui(world.home, binary, { args });
    world.closing.push(() => tui.close());
    await tui.send(task.prompt);
    await tui.untilPane((pane) => pane.includes('ran out of room'));
    world.provider.script(task.secondHalf);
    await world.serve({ 'agents.codex.command': '/nowhere/codex' });
    const { id, episode, runs } = await world.untilSettled();
    expect(episode).toMatchObject({ state: 'saved', attempts: 1, successor: null });
    expect(runs).toMatchObject([{ strategy: 'terminal', result: 'ok', pid: null }]);
    expect(await task.isFinished()).toBe(true);
    const types = (await world.home.readRollout(id)).map(({ type }) => type);
    expect(types).toContain('compacted');
  });

  it('Claude Code compacts it there, then goes on', async () => {
    const { world, task, tui } = await fullTui();
    world.provider.script([
      { type: 'ok', text: 'The first half is written.', delayMs: 8000 },
      ...task.secondHalf,
    ]);
    await world.serve({ 'agents.claude-code.command': '/nowhere/claude', 'resume.answer_timeout_s': '5' });
    const { id, episode, runs } = await world.untilSettled();
    expect(episode).toMatchObject({ state: 'saved', attempts: 1, successor: null });
    expect(runs).toMatchObject([{ strategy: 'terminal', result: 'ok', pid: null }]);
    expect(await task.isFinished()).toBe(true);
    expect(await tui.pane()).toContain('finished');
    const subtypes = (await world.home.readTranscript(id)).map(({ subtype }) => subtype);
    expect(subtypes).toContain('compact_boundary');
  });

  it('Claude Code that cannot compact is told once, then left to its user', async () => {
    const { world, tui } = await fullTui();
    await world.serve({ 'agents.claude-code.command': '/nowhere/claude' });
    const { episode, runs } = await world.untilSettled();
    expect(episode).toMatchObject({ state: 'parked', attempts: 1 });
    expect(episode.why).toContain(`process ${tui.pid}`);
    expect(runs).toMatchObject([{ strategy: 'terminal', result: 'failed', reason: 'context_exhausted' }]);
    expect(await tui.pane()).toContain('Compaction failed');
  });
});
