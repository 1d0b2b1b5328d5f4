import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { agentBinary } from '../support/agent-binary.js';
import { runClaude, runOpenCode } from '../support/agent-process.js';
import { createClaudeHome } from '../support/claude-home.js';
import { multiTurnTask } from '../support/multi-turn-task.js';
import type { Step } from '../support/provider/step.js';
import { createOpenCodeHome } from '../support/opencode-home.js';
import { resumings } from './resuming.js';

jest.setTimeout(120_000);

const limitStep = { type: 'usage_limit', resetInSec: 6 } as const;
/** All the task needs, and no mode that would allow it. */
const TOOLS = ['Write', 'Read', 'Edit', 'Bash(cat letters.txt)'];

describe('what no record tells is kept, too, as the process was started:', () => {
  const open = resumings();

  it.each(['2.1.197', '2.1.330'])('the tools somebody allowed Claude Code %s', async (version) => {
    const binary = await agentBinary('claude-code', version);
    const world = await open((providerUrl) => createClaudeHome({ providerUrl, account: 'subscription' }));
    const task = multiTurnTask(world.home.cwd, { limitStep });
    world.provider.script(task.steps);
    await world.serve({ 'agents.claude-code.command': binary });
    const args = [
      '--allowedTools',
      ...TOOLS,
      '--append-system-prompt',
      'a secret',
      '--output-format',
      'json',
    ];
    await runClaude(world.home, binary, { prompt: task.prompt, args }).exit;
    const { episode, runs } = await world.untilSettled();
    expect(episode).toMatchObject({
      state: 'saved',
      launch_contract: {
        permission_mode: 'default',
        arguments: ['--allowedTools', '--append-system-prompt'],
      },
    });
    expect(runs).toMatchObject([{ strategy: 'headless', denied_tools: [] }]);
    expect(await task.isFinished()).toBe(true);
    expect(JSON.stringify(world.provider.requests.at(-1)?.body)).toContain('a secret');
    expect(JSON.stringify(episode)).not.toContain('a secret');
  });

  it('the tools a launch allows, over a restart in the wait', async () => {
    const binary = await agentBinary('claude-code', '2.1.197');
    const world = await open((providerUrl) => createClaudeHome({ providerUrl, account: 'subscription' }));
    const task = multiTurnTask(world.home.cwd, { limitStep });
    world.provider.script(task.steps);
    const settings = { 'agents.claude-code.command': binary };
    const service = await world.serve(settings);
    await service.post('/api/v1/sessions', {
      ...{ cwd: world.home.cwd, prompt: task.prompt, allowed_tools: TOOLS },
    });
    await world.untilEpisode(({ state, due_at }) => state === 'waiting' && due_at !== null);
    await world.restart(settings);
    const { episode, runs } = await world.untilSettled();
    expect(episode).toMatchObject({ state: 'saved', attempts: 1 });
    expect(runs.map(({ kind }) => kind)).toEqual(['launch', 'resume']);
    expect(await task.isFinished()).toBe(true);
  });

  it('that OpenCode was told not to ask', async () => {
    const binary = await agentBinary('opencode', '1.18.33');
    const world = await open((providerUrl) => createOpenCodeHome({ providerUrl }));
    await writeFile(join(world.home.cwd, 'opencode.json'), JSON.stringify({ permission: { bash: 'ask' } }));
    const task = multiTurnTask(world.home.cwd, {
      agent: 'opencode',
      limitStep: { ...limitStep, headers: { 'retry-after-ms': '1' }, times: 6 },
    });
    const bash = { name: 'bash', input: { command: 'echo hi', description: 'Greet' } };
    const asks: Step = { type: 'ok', text: 'Hi.', tools: [bash] };
    world.provider.script(task.steps.toSpliced(-task.secondHalf.length, 0, asks));
    await world.serve({ 'agents.opencode.command': binary });
    await runOpenCode(world.home, binary, { prompt: task.prompt, args: ['--auto'] }).exit;
    const { episode, runs } = await world.untilSettled();
    expect(episode).toMatchObject({ state: 'saved', launch_contract: { arguments: ['--auto'] } });
    expect(runs).toMatchObject([{ strategy: 'headless', denied_tools: [] }]);
    expect(await task.isFinished()).toBe(true);
  });
});
