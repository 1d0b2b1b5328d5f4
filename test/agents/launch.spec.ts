import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { agentBinary } from '../support/agent-binary.js';
import type { AgentName } from '../support/agent-binary.js';
import type { AgentHome, AgentHomeOptions } from '../support/agent-home.js';
import { createCodexHome } from '../support/codex-home.js';
import { createGeminiHome } from '../support/gemini-home.js';
import { isJsonRecord } from '../support/json-lines.js';
import { multiTurnTask } from '../support/multi-turn-task.js';
import { createOpenCodeHome } from '../support/opencode-home.js';
import { ScriptedProvider } from '../support/provider/provider.js';
import { startService } from '../support/service-process.js';
import type { ServiceProcess } from '../support/service-process.js';
import { endProcessesOf } from './home-processes.js';

interface Agent {
  name: AgentName;
  version: string;
  createHome(options: AgentHomeOptions): Promise<AgentHome>;
  /** The agent's word for writing without asking. */
  permissionMode: string;
  /** What the id of its sessions looks like. */
  id: RegExp;
  /** Gemini CLI takes a first prompt back that failed, and then there is nothing to resume. */
  answersBeforeLimit: 0 | 2;
  /** What becomes of a limit in a run of ours. */
  atLimit: 'ends' | 'waits itself';
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const AGENTS: Agent[] = [
  {
    name: 'codex',
    version: '0.169.0',
    createHome: createCodexHome,
    permissionMode: 'workspace-write',
    id: UUID,
    answersBeforeLimit: 0,
    atLimit: 'ends',
  },
  {
    name: 'opencode',
    version: '1.18.33',
    createHome: createOpenCodeHome,
    permissionMode: 'auto',
    id: /^ses_\w+$/,
    answersBeforeLimit: 0,
    atLimit: 'waits itself',
  },
  {
    name: 'gemini-cli',
    version: '0.61.0',
    createHome: createGeminiHome,
    permissionMode: 'yolo',
    id: UUID,
    answersBeforeLimit: 2,
    atLimit: 'ends',
  },
];
const RESET_IN_S = 12;
/** Gemini CLI does not tell when its limit lifts. */
const QUICK = { 'resume.margin_structured_s': '1', 'resume.backoff_initial_s': '10' };
const TIMEOUT_MS = 90_000;

jest.setTimeout(240_000);

interface SessionAnswer {
  id: string;
  state: string;
  stop: { reason: string; reset: { at: string; source: string } | null } | null;
  episodes: { state: string; attempts: number; stop: SessionAnswer['stop'] }[];
  runs: { kind: string; result: string | null }[];
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

async function serve({ name, version, createHome }: Agent): Promise<[AgentHome, ServiceProcess]> {
  const command = await agentBinary(name, version);
  const home = await createHome({ providerUrl: provider.url });
  cleanUp.push(
    () => home.dispose(),
    () => endProcessesOf(home.path),
  );
  const settings = { [`agents.${name}.command`]: command, ...QUICK };
  const service = await startService({ env: home.env, stateDir: join(home.path, 'state'), settings });
  cleanUp.push(() => service.stop());
  return [home, service];
}

describe.each(AGENTS)('$name, launched by the service', (agent) => {
  it('names its session, meets a limit, and finishes the work in the same session', async () => {
    const [home, service] = await serve(agent);
    const limitStep = { type: 'usage_limit', resetInSec: RESET_IN_S } as const;
    const task = multiTurnTask(home.cwd, { agent: agent.name, limitStep });
    const steps = [...task.firstHalf, ...task.secondHalf].toSpliced(agent.answersBeforeLimit, 0, limitStep);
    provider.script(steps);
    const launched = await service.post('/api/v1/sessions', {
      ...{ agent: agent.name, cwd: home.cwd, prompt: task.prompt },
      permission_mode: agent.permissionMode,
      ...(agent.name === 'gemini-cli' ? { model: 'gemini-2.5-pro' } : {}),
    });
    const { id } = launched as SessionAnswer;
    expect(id).toMatch(agent.id);
    const path = `/api/v1/sessions/${id}`;
    const isLimited = (answer: unknown): answer is SessionAnswer =>
      isJsonRecord(answer) && (answer as unknown as SessionAnswer).episodes.length === 1;
    const limited = await service.until(path, isLimited, TIMEOUT_MS);
    expect(limited.episodes[0]?.stop).toMatchObject({ reason: 'usage_limit' });
    const isDone = (answer: unknown): answer is SessionAnswer =>
      isJsonRecord(answer) &&
      answer['state'] === 'completed' &&
      (answer['runs'] as { state: string }[]).every(({ state }) => state === 'ended');
    const done = await service.until(path, isDone, TIMEOUT_MS);
    expect(await task.isFinished()).toBe(true);
    expect(provider.requests.map(({ step }) => step)).toEqual(steps.map(({ type }) => type));
    const kinds = agent.atLimit === 'ends' ? ['resume', 'launch'] : ['launch'];
    expect(done.runs.map(({ kind }) => kind)).toEqual(kinds);
    expect(done.episodes.map(({ state }) => state)).toEqual([
      agent.atLimit === 'ends' ? 'saved' : 'cancelled',
    ]);
    const { sessions } = (await service.get('/api/v1/sessions')) as { sessions: SessionAnswer[] };
    expect(sessions.map((session) => session.id)).toEqual([id]);
  });
});
