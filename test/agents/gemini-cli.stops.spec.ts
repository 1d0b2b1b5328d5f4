import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { agentBinary } from '../support/agent-binary.js';
import { runGemini } from '../support/agent-process.js';
import type { AgentRun } from '../support/agent-process.js';
import { createGeminiHome } from '../support/gemini-home.js';
import type { GeminiHome } from '../support/gemini-home.js';
import type { Step } from '../support/provider/step.js';
import { childrenOf } from './home-processes.js';
import * as stops from './stops.js';
import { FOREVER } from './stops.js';
import { Watching } from './watching.js';

const VERSION = '0.61.0';
/** One try only. */
const SHORT = { enableAutoUpdate: false, enableAutoUpdateNotification: false, maxAttempts: 1 };
const ONE_PROCESS: Record<string, string> = { GEMINI_CLI_NO_RELAUNCH: 'true' };
const SIGNALS = ['SIGKILL', 'SIGTERM', 'SIGINT'] as const;
const GONE = { liveness: 'absent' } as const;
/** Longer than the service takes a headless process for one that is just ending. */
const OUTLIVED_MS = 7000;

jest.setTimeout(60_000);

/**
 * Of its failures Gemini CLI writes down nothing at all: what is seen is that a turn was left unfinished, and never a
 * reason that nobody has told. Runs of our own tell it on their output.
 */
describe(`Every stop of Gemini CLI ${VERSION} is seen as far as it can be:`, () => {
  let binary: string;
  let watching: Watching<GeminiHome>;
  beforeAll(async () => {
    binary = await agentBinary('gemini-cli', VERSION);
    watching = await Watching.start((providerUrl) =>
      createGeminiHome({ providerUrl, settings: { general: SHORT } }),
    );
  });
  afterAll(() => watching.dispose());

  const shell = (command: string) =>
    stops.call({ name: 'run_shell_command', input: { command, description: 'Look around' } });

  /** In one process, which takes signals, unless it is to start another of itself. */
  async function start(steps: Step[], env = ONE_PROCESS): Promise<{ cwd: string; run: AgentRun }> {
    const cwd = await watching.newFolder();
    watching.provider.script(steps);
    const options = { prompt: 'Do it.', cwd, env, args: ['--approval-mode', 'yolo'] };
    return { cwd, run: runGemini(watching.home, binary, options) };
  }

  it.each<[string, Step, number]>([
    ['a limit of the day', { type: 'usage_limit' }, 429],
    ['too many requests', { type: 'rate_limit', ...FOREVER }, 429],
    ['no credit', { type: 'billing', ...FOREVER }, 429],
    ['an overload', { type: 'overloaded', ...FOREVER }, 503],
    ['an overload in the stream', { type: 'stream_error', ...FOREVER }, 503],
    ['an error of the server', { type: 'server_error', ...FOREVER }, 500],
    ['a stream that breaks', { type: 'cut', text: 'I go on', chunks: 4, ...FOREVER }, 1],
    ['a key that is refused', { type: 'auth', ...FOREVER }, 400],
    ['a request that is forbidden', { type: 'forbidden', ...FOREVER }, 403],
    ['a full context', { type: 'context', ...FOREVER }, 400],
    ['an unknown model', { type: 'not_found', ...FOREVER }, 1],
    ['a refusal without a word', { type: 'refusal', text: '', ...FOREVER }, 0],
  ])('%s, for a reason that is not known', async (_stop, step, status) => {
    const { cwd, run } = await start([shell('echo hi'), step]);
    await stops.expectExit(run, status % 256);
    await watching.expectStop(cwd, { reason: 'unknown', ...GONE });
  });

  it('a limit at the first prompt, which it takes back', async () => {
    const { cwd, run } = await start([{ type: 'usage_limit' }]);
    await stops.expectExit(run, 429 % 256);
    await watching.expectStop(cwd, { reason: 'unknown', ...GONE });
  });

  it('completion, whatever the text speaks of', async () => {
    const { cwd, run } = await start([shell('sleep 1'), stops.LIMIT_TALK]);
    await watching.expectAtWork(cwd);
    await stops.expectExit(run, 0);
    await watching.expectStop(cwd, { reason: 'completed', ...GONE });
  });

  it('work while an answer hangs, and its end with the process, which is two', async () => {
    const { cwd, run } = await start([shell('touch started'), { type: 'hang' }], {});
    await stops.untilStarted(cwd);
    await watching.expectAtWork(cwd);
    for (const child of await childrenOf(run.pid)) process.kill(child, 'SIGKILL');
    await stops.expectExit(run, 1);
    await watching.expectStop(cwd, { reason: 'unknown', ...GONE });
  });

  it('and no other after a new start', () => watching.expectTheSameAfterRestart());

  // It leaves the same behind as completion: who did not see it at work cannot tell, as after a new start.
  it('an end in a tool, by whatever signal', async () => {
    const ends = SIGNALS.map(async (signal) => {
      const { cwd, run } = await start([{ ...shell(stops.LONG_COMMAND), ...FOREVER }]);
      await stops.untilStarted(cwd);
      expect(await watching.expectAtWork(cwd)).toMatchObject({ pid: run.pid });
      await sleep(OUTLIVED_MS);
      await watching.expectAtWork(cwd);
      run.signal(signal);
      await watching.expectStop(cwd, { reason: 'unknown', ...GONE });
    });
    await Promise.all(ends);
  });
});
