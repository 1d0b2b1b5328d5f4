import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { agentBinary } from '../support/agent-binary.js';
import { runCodex, runOpenCode } from '../support/agent-process.js';
import { createCodexHome } from '../support/codex-home.js';
import { createOpenCodeHome } from '../support/opencode-home.js';
import type { Step } from '../support/provider/step.js';
import { resumings } from './resuming.js';

jest.setTimeout(120_000);

const LIMIT: Step = { type: 'usage_limit', resetInSec: 4 };
/** It tries five times more, at once. */
const SOON = { headers: { 'retry-after-ms': '1' }, times: 6 } as const;

describe('a resume that does not keep the launch contract is parked, not saved:', () => {
  const open = resumings();

  it('Codex in another sandbox than the session had', async () => {
    const binary = await agentBinary('codex', '0.169.0');
    const world = await open((providerUrl) => createCodexHome({ providerUrl }));
    // A program of the user that stands between, and knows better.
    const wrapper = join(world.home.path, 'codex');
    const script = [
      '#!/bin/bash',
      'args=("${@/sandbox_mode=\\"danger-full-access\\"/sandbox_mode=\\"read-only\\"}")',
      `exec ${binary} "\${args[@]}"`,
    ];
    await writeFile(wrapper, `${script.join('\n')}\n`);
    await chmod(wrapper, 0o755);
    world.provider.script([{ type: 'ok', text: 'I begin.', tools: [ECHO] }, LIMIT]);
    const args = ['-c', 'sandbox_mode="danger-full-access"'];
    await runCodex(world.home, binary, { prompt: 'Do it.', args }).exit;
    world.provider.script([{ type: 'ok', text: 'Done, I think.' }]);
    await world.serve({ 'agents.codex.command': wrapper });
    const { episode, runs } = await world.untilSettled();
    expect(episode).toMatchObject({ state: 'parked', attempts: 1 });
    expect(episode.why).toContain('as read-only instead of danger-full-access');
    expect(runs).toMatchObject([{ strategy: 'headless', result: 'ok' }]);
  });

  it('OpenCode that has to ask for what it may not do, and refuses itself', async () => {
    const binary = await agentBinary('opencode', '1.18.33');
    const world = await open((providerUrl) => createOpenCodeHome({ providerUrl }));
    await writeFile(join(world.home.cwd, 'opencode.json'), JSON.stringify({ permission: { bash: 'ask' } }));
    world.provider.script([{ ...LIMIT, ...SOON }]);
    await runOpenCode(world.home, binary, { prompt: 'Do it.' }).exit;
    const bash = { name: 'bash', input: { command: 'echo hi', description: 'Greet' } };
    world.provider.script([{ type: 'ok', text: 'I do it.', tools: [bash] }]);
    await world.serve({ 'agents.opencode.command': binary });
    const { episode, runs } = await world.untilSettled();
    expect(episode).toMatchObject({ state: 'parked', attempts: 1 });
    expect(episode.why).toContain('refused bash');
    expect(runs).toMatchObject([{ strategy: 'headless', denied_tools: ['bash'] }]);
  });
});

const ECHO = { name: 'exec_command', input: { cmd: 'echo hi' } };
