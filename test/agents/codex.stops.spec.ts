import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { agentBinary } from '../support/agent-binary.js';
import { runCodex } from '../support/agent-process.js';
import type { AgentRun } from '../support/agent-process.js';
import type { AgentTui } from '../support/agent-tui.js';
import { createCodexHome } from '../support/codex-home.js';
import type { CodexHome } from '../support/codex-home.js';
import { startCodexTui } from '../support/codex-tui.js';
import type { Step } from '../support/provider/step.js';
import * as stops from './stops.js';
import { FOREVER, IN_AN_HOUR, IN_THREE_DAYS } from './stops.js';
import { Watching } from './watching.js';
import type { Expected } from './watching.js';

const VERSION = '0.169.0';
/** One try, and no five minutes of waiting for the next piece of an answer. */
const SHORT = { request_max_retries: 0, stream_max_retries: 0, stream_idle_timeout_ms: 1500 };
const GONE = { liveness: 'absent' } as const;

jest.setTimeout(60_000);

describe(`Every stop of Codex ${VERSION} is seen:`, () => {
  let binary: string;
  let watching: Watching<CodexHome>;
  beforeAll(async () => {
    binary = await agentBinary('codex', VERSION);
    watching = await Watching.start((providerUrl) => createCodexHome({ providerUrl, provider: SHORT }));
  });
  afterAll(() => watching.dispose());

  const shell = (cmd: string, input = {}) =>
    stops.call({ name: 'exec_command', input: { cmd, yield_time_ms: 30_000, ...input } });
  const exactly = (epochSec: number) => ({ source: 'structured', at: stops.iso(epochSec) });

  async function start(...steps: Step[]): Promise<{ cwd: string; run: AgentRun }> {
    const cwd = await watching.newFolder();
    watching.provider.script(steps);
    const args = ['-c', 'sandbox_mode="danger-full-access"'];
    return { cwd, run: runCodex(watching.home, binary, { prompt: 'Do it.', cwd, args }) };
  }

  async function inTerminal(
    steps: Step[],
    scene: (tui: AgentTui, cwd: string) => Promise<void>,
  ): Promise<void> {
    const cwd = await watching.newFolder();
    watching.provider.script(steps);
    const args = ['-a', 'on-request', '-s', 'workspace-write'];
    const tui = await startCodexTui(watching.home, binary, { cwd, args });
    try {
      await tui.send('Do it.');
      await scene(tui, cwd);
    } finally {
      await tui.close();
    }
  }

  it.each<[string, Step, Omit<Expected, 'liveness'>]>([
    [
      'a session limit',
      { type: 'usage_limit', resetAt: IN_AN_HOUR },
      { reason: 'usage_limit', window: 'five_hour', reset: exactly(IN_AN_HOUR) },
    ],
    [
      'a weekly limit',
      { type: 'usage_limit', resetAt: IN_THREE_DAYS, claim: 'seven_day' },
      { reason: 'usage_limit', window: 'seven_day', reset: exactly(IN_THREE_DAYS) },
    ],
    ['too many requests', { type: 'rate_limit', asStatus: true, ...FOREVER }, { reason: 'rate_limit' }],
    ['an overload', { type: 'overloaded', asStatus: true, ...FOREVER }, { reason: 'overloaded' }],
    ['an overload in the stream', { type: 'overloaded', ...FOREVER }, { reason: 'overloaded' }],
    ['an error of the server', { type: 'server_error', ...FOREVER }, { reason: 'overloaded' }],
    ['an answer that breaks off with an error', { type: 'stream_error', ...FOREVER }, { reason: 'network' }],
    ['a stream that breaks', { type: 'cut', ...FOREVER }, { reason: 'network' }],
    ['an answer that stalls', { type: 'hang', afterFrames: 2, ...FOREVER }, { reason: 'timeout' }],
    ['a key that is refused', { type: 'auth', ...FOREVER }, { reason: 'auth' }],
    ['a request that is forbidden', { type: 'forbidden', ...FOREVER }, { reason: 'auth' }],
    ['no credit', { type: 'billing', ...FOREVER }, { reason: 'billing' }],
    ['a full context', { type: 'context', ...FOREVER }, { reason: 'context_exhausted' }],
    ['an unknown model', { type: 'not_found', ...FOREVER }, { reason: 'config' }],
    ['a refusal', { type: 'refusal', ...FOREVER }, { reason: 'refusal' }],
  ])('%s', async (_stop, step, expected) => {
    const { cwd, run } = await start(shell('echo hi'), step);
    await stops.expectExit(run, 1);
    await watching.expectStop(cwd, { ...expected, ...GONE });
  });

  it('too many tokens, with the wait that the server asks for', async () => {
    const { cwd, run } = await start(shell('echo hi'), { type: 'rate_limit', retryAfterSec: 7, ...FOREVER });
    await stops.expectExit(run, 1);
    const { stop } = await watching.untilSession(cwd, (session) => session.stop !== null);
    const reset = { source: 'relative', at: new Date(Date.parse(stop?.at ?? '') + 7000).toISOString() };
    await watching.expectStop(cwd, { reason: 'rate_limit', reset, ...GONE });
  });

  it('completion, whatever the text speaks of', async () => {
    const { cwd, run } = await start(shell('echo hi'), stops.LIMIT_TALK);
    await stops.expectExit(run, 0);
    await watching.expectStop(cwd, { reason: 'completed', ...GONE });
  });

  it('completion, though a helper was limited, which is no session', async () => {
    const input = { message: 'Help me.' };
    const helper = stops.call({ name: 'spawn_agent', namespace: 'multi_agent_v1', input });
    const limit: Step = { type: 'usage_limit', resetAt: IN_AN_HOUR, match: '"text":"Help me."' };
    // The helper is at work for itself: its session has to be there to be seen.
    const { cwd, run } = await start(helper, limit, shell('sleep 2'));
    await stops.expectExit(run, 0);
    expect(watching.provider.requests.slice(-4).map(({ step }) => step)).toContain('usage_limit');
    await watching.expectStop(cwd, { reason: 'completed', ...GONE });
  });

  it.each(['SIGKILL', 'SIGTERM'] as const)('%s in a tool: it leaves the same behind', async (signal) => {
    const { cwd, run } = await start(shell(stops.LONG_COMMAND));
    await stops.untilStarted(cwd);
    expect(await watching.expectAtWork(cwd)).toMatchObject({ pid: run.pid });
    run.signal(signal);
    await watching.expectStop(cwd, { reason: 'crash', liveness: 'dead' });
  });

  it('SIGINT in a tool', async () => {
    const { cwd, run } = await start(shell(stops.LONG_COMMAND));
    await stops.untilStarted(cwd);
    await watching.expectAtWork(cwd);
    run.signal('SIGINT');
    await stops.expectExit(run, 1);
    await watching.expectStop(cwd, { reason: 'user_exit', ...GONE });
  });

  it('in the terminal, a limit', () =>
    inTerminal([shell('echo hi'), { type: 'usage_limit', resetAt: IN_AN_HOUR }], async ({ pid }, cwd) => {
      const limit = { reason: 'usage_limit', window: 'five_hour', reset: exactly(IN_AN_HOUR) };
      await watching.expectStop(cwd, { ...limit, liveness: 'alive', pid });
    }));

  it('in the terminal, completion after a permission prompt, which only a hook could tell from work, then its exit', () =>
    inTerminal([shell('touch file', ESCALATED)], async (tui, cwd) => {
      await tui.untilPane((pane) => pane.includes('Would you like to run'));
      await watching.expectAtWork(cwd);
      await tui.key('Enter');
      await watching.expectStop(cwd, { reason: 'completed', liveness: 'alive', pid: tui.pid });
      await tui.send('/exit');
      await watching.expectStop(cwd, { reason: 'user_exit', ...GONE });
    }));

  it('in the terminal, Esc', () =>
    inTerminal([{ type: 'hang', afterFrames: 2 }], async (tui, cwd) => {
      await watching.expectAtWork(cwd);
      await tui.key('Escape');
      await watching.expectStop(cwd, { reason: 'user_exit', liveness: 'alive', pid: tui.pid });
    }));

  it('in the terminal, kill -9 at work', () =>
    inTerminal([shell(stops.LONG_COMMAND)], async ({ pid }, cwd) => {
      await watching.expectAtWork(cwd);
      process.kill(pid, 'SIGKILL');
      await watching.expectStop(cwd, { reason: 'crash', liveness: 'dead' });
    }));

  it('and no other after a new start', () => watching.expectTheSameAfterRestart());
});

/** A call that asks the user first. */
const ESCALATED = { sandbox_permissions: 'require_escalated', justification: 'May I?' };
