import { describe, expect, it, jest } from '@jest/globals';
import { agentBinary } from '../support/agent-binary.js';
import type { AgentName } from '../support/agent-binary.js';
import type { AgentHome, AgentHomeOptions } from '../support/agent-home.js';
import { createCodexHome } from '../support/codex-home.js';
import { multiTurnTask } from '../support/multi-turn-task.js';
import { createOpenCodeHome } from '../support/opencode-home.js';
import type { AuditLine, RunAnswer } from './answers.js';
import { resumings } from './resuming.js';
import { call, LONG_COMMAND, untilStarted } from './stops.js';

jest.setTimeout(120_000);

interface Story {
  runs: RunAnswer[];
  episodes: { id: string }[];
}

interface Killed {
  name: AgentName;
  version: string;
  createHome(options: AgentHomeOptions): Promise<AgentHome>;
  permissionMode: string;
  tool: string;
  input: (command: string) => Record<string, unknown>;
}

const AGENTS: Killed[] = [
  {
    name: 'codex',
    version: '0.169.0',
    createHome: createCodexHome,
    permissionMode: 'danger-full-access',
    tool: 'exec_command',
    input: (cmd) => ({ cmd }),
  },
  {
    name: 'opencode',
    version: '1.18.33',
    createHome: createOpenCodeHome,
    permissionMode: 'auto',
    tool: 'bash',
    input: (command) => ({ command, description: 'Wait' }),
  },
];

describe.each(AGENTS)('$name, a run of the service killed in a tool', (agent) => {
  const open = resumings();

  it('is resumed, and what its tools left running is named', async () => {
    const { name, version, createHome, tool, input } = agent;
    const binary = await agentBinary(name, version);
    const world = await open((providerUrl) => createHome({ providerUrl }));
    const task = multiTurnTask(world.home.cwd, { limitStep: { type: 'ok' }, agent: name });
    // A tool that has left its shell: what an agent ends with itself is not left.
    const command = `setsid sleep 97 & ${LONG_COMMAND}`;
    world.provider.script([
      ...task.firstHalf,
      call({ name: tool, input: input(command) }),
      ...task.secondHalf,
    ]);
    const service = await world.serve({ [`agents.${name}.command`]: binary });
    const asked = {
      agent: name,
      cwd: world.home.cwd,
      prompt: task.prompt,
      permission_mode: agent.permissionMode,
    };
    const { id } = (await service.post('/api/v1/sessions', asked)) as { id: string };
    await untilStarted(world.home.cwd);
    const path = `/api/v1/sessions/${id}`;
    const { runs } = (await service.get(path)) as Story;
    process.kill(runs[0]?.pid ?? 0, 'SIGKILL');
    const { episode } = await world.untilSettled();
    expect(episode).toMatchObject({ state: 'saved', attempts: 1, stop: { reason: 'crash' } });
    expect(await task.isFinished()).toBe(true);
    const { audit } = (await service.get(`/api/v1/episodes/${episode.id}`)) as { audit: AuditLine[] };
    const resuming = audit.find(({ to }) => to === 'resuming');
    expect(resuming?.why).toMatch(/tools of the dead process still run: .*sleep \(\d+\)/);
  });
});
