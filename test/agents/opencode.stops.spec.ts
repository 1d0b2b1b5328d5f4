import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { agentBinary } from '../support/agent-binary.js';
import { runOpenCode } from '../support/agent-process.js';
import type { AgentRun } from '../support/agent-process.js';
import { createOpenCodeHome } from '../support/opencode-home.js';
import type { OpenCodeHome } from '../support/opencode-home.js';
import { OpenCodeServer } from '../support/opencode-server.js';
import type { Step } from '../support/provider/step.js';
import * as stops from './stops.js';
import { FOREVER, IN_AN_HOUR } from './stops.js';
import { Watching } from './watching.js';
import type { Expected } from './watching.js';

const VERSION = '1.18.33';
/** It tries five times more, at once. */
const SOON = { headers: { 'retry-after-ms': '1' }, ...FOREVER };
/** No five minutes of waiting for an answer. */
const SHORT = { headerTimeout: 2000 };
const GONE = { liveness: 'absent' } as const;
const SOME_TIME = expect.any(String) as unknown as string;

jest.setTimeout(60_000);

describe(`Every stop of OpenCode ${VERSION} is seen:`, () => {
  let binary: string;
  let watching: Watching<OpenCodeHome>;
  beforeAll(async () => {
    binary = await agentBinary('opencode', VERSION);
    watching = await Watching.start((providerUrl) =>
      createOpenCodeHome({ providerUrl, providerOptions: SHORT }),
    );
    // A full context would be compacted without end.
    watching.home.env['OPENCODE_DISABLE_AUTOCOMPACT'] = '1';
  });
  afterAll(() => watching.dispose());

  const bash = (command: string) =>
    stops.call({ name: 'bash', input: { command, description: 'Look around' } });
  const limit: Step = { type: 'usage_limit', resetAt: IN_AN_HOUR };
  const cut: Step = { type: 'cut', text: 'I go on and on.', chunks: 8 };

  /** A folder in which commands need the user's permission. */
  async function newStrictFolder(): Promise<string> {
    const cwd = await watching.newFolder();
    await writeFile(join(cwd, 'opencode.json'), JSON.stringify({ permission: { bash: 'ask' } }));
    return cwd;
  }

  describe('headless,', () => {
    function startIn(cwd: string, ...steps: Step[]): AgentRun {
      watching.provider.script(steps);
      return runOpenCode(watching.home, binary, { prompt: 'Do it.', cwd });
    }

    it('completion, whatever the text speaks of', async () => {
      const cwd = await watching.newFolder();
      await stops.expectExit(startIn(cwd, bash('echo hi'), stops.LIMIT_TALK), 0);
      await watching.expectStop(cwd, { reason: 'completed', ...GONE });
    });

    it('completion, though a helper failed, which is no session', async () => {
      const cwd = await watching.newFolder();
      const input = { description: 'Help', prompt: 'Help me.', subagent_type: 'general' };
      const helper = stops.call({ name: 'task', input });
      await stops.expectExit(startIn(cwd, helper, { type: 'auth', match: '"content":"Help me."' }), 0);
      expect(watching.provider.requests.slice(-3).map(({ step }) => step)).toContain('auth');
      await watching.expectStop(cwd, { reason: 'completed', ...GONE });
    });

    it('a failure', async () => {
      const cwd = await watching.newFolder();
      await stops.expectExit(startIn(cwd, bash('echo hi'), { type: 'auth', ...FOREVER }), 1);
      await watching.expectStop(cwd, { reason: 'auth', ...GONE });
    });

    it('a permission that nobody is there to give', async () => {
      const cwd = await newStrictFolder();
      await stops.expectExit(startIn(cwd, bash('echo hi')), 0);
      await watching.expectStop(cwd, { reason: 'awaiting_input', ...GONE });
    });

    it('a limit, which it waits out by itself, and its end in the wait', async () => {
      const cwd = await watching.newFolder();
      const run = startIn(cwd, bash('echo hi'), limit);
      const waiting = { reason: 'usage_limit', liveness: 'alive', pid: run.pid, waitsItself: true } as const;
      await watching.expectStop(cwd, waiting);
      run.signal('SIGTERM');
      await watching.untilSession(cwd, ({ stop, liveness }) => liveness === 'absent' && stop !== null);
    });

    it('completion after a stream that broke, which its log does not always tell', async () => {
      const cwd = await watching.newFolder();
      const run = startIn(cwd, bash('echo hi'), cut, { type: 'ok', text: 'Done.' });
      await stops.expectExit(run, 0);
      await watching.expectStop(cwd, { reason: 'completed', passing: 'network', ...GONE });
    });

    it('an end in a tool, by whatever signal: they leave the same behind', async () => {
      watching.provider.script([{ ...bash(stops.LONG_COMMAND), ...FOREVER }]);
      const ends = (['SIGKILL', 'SIGTERM', 'SIGINT'] as const).map(async (signal) => {
        const cwd = await watching.newFolder();
        const run = runOpenCode(watching.home, binary, { prompt: 'Do it.', cwd });
        await stops.untilStarted(cwd);
        expect(await watching.expectAtWork(cwd)).toMatchObject({ pid: run.pid });
        run.signal(signal);
        await watching.expectStop(cwd, { reason: 'crash', ...GONE });
      });
      await Promise.all(ends);
    });
  });

  describe('in a server,', () => {
    let server: OpenCodeServer;
    beforeAll(async () => {
      server = await OpenCodeServer.start(watching.home, binary);
    });
    afterAll(() => server.kill());

    const alive = () => ({ liveness: 'alive', pid: server.pid }) as const;

    async function start(...steps: Step[]): Promise<{ cwd: string; id: string }> {
      const cwd = await watching.newFolder();
      watching.provider.script(steps);
      return { cwd, id: await server.prompt(cwd, 'Do it.') };
    }

    it.each<[string, Step, Omit<Expected, 'liveness'>]>([
      [
        'a limit at which it gives up',
        { ...limit, ...SOON },
        { reason: 'usage_limit', reset: { source: 'structured', at: stops.iso(IN_AN_HOUR) } },
      ],
      [
        'too many requests',
        { type: 'rate_limit', ...SOON },
        { reason: 'rate_limit', reset: { source: 'header', at: SOME_TIME } },
      ],
      [
        'an overload',
        { type: 'overloaded', ...SOON },
        { reason: 'overloaded', reset: { source: 'header', at: SOME_TIME } },
      ],
      [
        'an error of the server',
        { type: 'server_error', ...SOON },
        { reason: 'overloaded', reset: { source: 'header', at: SOME_TIME } },
      ],
      ['no credit', { type: 'billing', ...SOON }, { reason: 'billing' }],
      ['a key that is refused', { type: 'auth', ...FOREVER }, { reason: 'auth' }],
      ['a request that is forbidden', { type: 'forbidden', ...FOREVER }, { reason: 'auth' }],
      ['a full context', { type: 'context', ...FOREVER }, { reason: 'context_exhausted' }],
      ['an unknown model', { type: 'not_found', ...FOREVER }, { reason: 'config' }],
      ['a refusal', { type: 'refusal', ...FOREVER }, { reason: 'refusal' }],
      ['completion', { type: 'ok', text: 'Done.' }, { reason: 'completed' }],
    ])('%s', async (_stop, step, expected) => {
      const { cwd } = await start(bash('echo hi'), step);
      await watching.untilSession(cwd, ({ stop }) => stop?.waits_itself === false);
      await watching.expectStop(cwd, { ...expected, ...alive() });
    });

    it.each<[string, Step, Omit<Expected, 'liveness'>]>([
      [
        'an overload in the stream',
        { type: 'stream_error', ...FOREVER },
        { reason: 'overloaded', reset: { source: 'structured', at: SOME_TIME } },
      ],
      ['a stream that breaks', { ...cut, ...FOREVER }, { reason: 'network' }],
      ['no answer', { type: 'hang', ...FOREVER }, { reason: 'timeout' }],
    ])('%s, which it tries again by itself, until the user stops it', async (_stop, step, expected) => {
      const { cwd, id } = await start(bash('echo hi'), step);
      await watching.expectStop(cwd, { ...expected, waitsItself: true, ...alive() });
      await server.abort(cwd, id);
      await watching.expectRevision(cwd, 'user_exit');
    });

    it('an interruption', async () => {
      const { cwd, id } = await start(bash('touch started'), { type: 'hang', afterFrames: 2 });
      await stops.untilStarted(cwd);
      await watching.expectAtWork(cwd);
      await server.abort(cwd, id);
      await watching.expectStop(cwd, { reason: 'user_exit', ...alive() });
    });

    it('a permission that is refused', async () => {
      const cwd = await newStrictFolder();
      watching.provider.script([bash('echo hi')]);
      await server.prompt(cwd, 'Do it.');
      const permission = await server.untilAsked(cwd);
      await watching.expectAtWork(cwd);
      await server.reply(cwd, permission, 'reject');
      await watching.expectStop(cwd, { reason: 'awaiting_input', ...alive() });
    });

    it('kill -9 at work', async () => {
      const { cwd } = await start(bash(stops.LONG_COMMAND));
      await stops.untilStarted(cwd);
      await watching.expectAtWork(cwd);
      await server.kill();
      await watching.expectStop(cwd, { reason: 'crash', ...GONE });
    });
  });

  it('and no other after a new start', () => watching.expectTheSameAfterRestart());
});
