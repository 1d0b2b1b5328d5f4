import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { linesOf, recordings } from '../../test/contracts/recordings.js';
import { testConfig } from '../../test/support/test-config.js';
import { ClaudeCodeAdapter } from '../agents/claude-code/claude-code.adapter.js';
import { CodexAdapter } from '../agents/codex/codex.adapter.js';
import { GeminiCliAdapter } from '../agents/gemini-cli/gemini-cli.adapter.js';
import { OpenCodeAdapter } from '../agents/opencode/opencode.adapter.js';
import type { ProcessHost } from '../core/ports/process-host.js';
import { LocalProcessHost } from '../platform/local-process-host.js';
import { classifySessionFile } from './session-file.js';

const config = testConfig('/home/dev');
const agents = [ClaudeCodeAdapter, CodexAdapter, OpenCodeAdapter, GeminiCliAdapter].map(
  (Adapter) => new Adapter(config),
);
const IDS = agents.map(({ id }) => id);

/** Files in which an agent keeps sessions, and those that are streams of one run. */
const SESSION = /^projects\/|rollout-|opencode\.(?:db|rows\.json)$|\/chats\//;
const STREAM = /^run\.(?:stream|exec|run)\.jsonl$|^(?:plugin-events|events\.sse|daemon-events)\.jsonl$/;

/** What files cannot tell, and what they tell instead; `docs/agents/` says why. */
const TOLD: Readonly<Record<string, string | undefined>> = {
  // The failed prompt is taken back, or failures are not written down.
  'gemini-cli auth_error records': 'unknown',
  'gemini-cli usage_limit records': 'unknown',
  'gemini-cli crash_mid_turn records': 'completed',
  // The session there is; the one that was asked for left nothing.
  'opencode unknown_session_resume records': 'completed',
  'opencode unknown_session_resume plugin-events.jsonl': 'completed',
  'codex unknown_session_resume run.exec.jsonl': undefined,
  // A stream that ends in the middle says nothing of why.
  'claude-code crash_resumed run.stream.jsonl': 'crash',
  'codex crash_resumed run.exec.jsonl': 'crash',
  'codex user_abort run.exec.jsonl': 'crash',
  'opencode run_cli_usage_limit run.run.jsonl': 'crash',
  // The events of the server that was killed; another went on.
  'opencode resumed_after_crash_cli events.sse.jsonl': 'usage_limit',
};

const files = (pattern: RegExp) =>
  IDS.flatMap((id) =>
    recordings(id).flatMap((recording) =>
      recording.files
        .filter((file) => pattern.test(file) && linesOf(recording, file).length > 0)
        .map((file) => ({ id, recording, file, name: `${id} ${recording.scenario} ${whatIs(file)}` })),
    ),
  );
function whatIs(file: string): string {
  if (STREAM.test(file)) return file;
  return file.endsWith('.db') ? 'database' : 'records';
}
const classified = (path: string, processes: ProcessHost = new LocalProcessHost()) =>
  classifySessionFile(path, agents, processes);

describe('classifySessionFile, by recordings', () => {
  it.each([...files(SESSION), ...files(STREAM)])('$name', async ({ recording, file, name }) => {
    const finding = await classified(join(recording.dir, file));
    expect(finding?.reason).toBe(name in TOLD ? TOLD[name] : recording.expectedReason);
  });

  it('knows the reset as exactly as the file says it', async () => {
    const limited = files(SESSION).filter(
      ({ id, recording: { resetEpoch, scenario } }) =>
        resetEpoch != null && id !== 'opencode' && id !== 'gemini-cli' && !scenario.startsWith('resumed'),
    );
    expect(limited.length).toBeGreaterThan(4);
    for (const { recording, file } of limited) {
      const { reset } = (await classified(join(recording.dir, file))) ?? {};
      const exactMs = (recording.resetEpoch ?? 0) * 1000;
      const atMs = reset?.source === 'structured' ? exactMs : exactMs - (exactMs % 60_000);
      expect({ file, atMs: reset?.atMs }).toEqual({ file, atMs });
    }
  });
});

describe('classifySessionFile', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'session-file-'));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  const put = async (name: string, text: string | Uint8Array): Promise<string> => {
    const path = join(dir, name);
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, text);
    return path;
  };
  const recorded = (id: string, scenario: string) => {
    const found = recordings(id).find((recording) => recording.scenario === scenario);
    if (found === undefined) throw new Error(`no recording ${scenario} of ${id}`);
    return found;
  };

  it.each([
    ['nothing', ''],
    ['prose', 'Once upon a time\nthere was a usage limit reached.\n'],
    ['other JSON', '{"name":"package","version":"1.0.0"}\n'],
    ['a list', '[\n  1,\n  2\n]\n'],
    ['broken JSON', '{"type":"user"\n{"type":\n'],
    ['noise', new Uint8Array(5000).map((_, index) => (index * 7919) % 256)],
  ])('knows of no agent that wrote %s', async (name, text) => {
    expect(await classified(await put(name, text))).toBeUndefined();
  });

  it('knows of no agent that made a database of another program', async () => {
    const path = join(dir, 'other.db');
    const database = new DatabaseSync(path);
    database.exec('create table other (id integer)');
    database.close();
    expect(await classified(path)).toBeUndefined();
  });

  it('says what keeps it from reading', async () => {
    await expect(classified(join(dir, 'gone.jsonl'))).rejects.toThrow(/ENOENT/);
    await expect(classified(dir)).rejects.toThrow(/EISDIR/);
  });

  it('takes an error that was written down by itself, over several lines', async () => {
    const error = { error: { type: 'overloaded_error', message: 'Overloaded' } };
    const path = await put('error.json', JSON.stringify(error, null, 2));
    expect((await classified(path))?.reason).toBe('overloaded');
  });

  it('of a stream of errors the last word counts, and that a turn is over says nothing of how', async () => {
    const failed = {
      hook_event_name: 'StopFailure',
      session_id: 's',
      error: 'server_error',
      last_assistant_message: '',
    };
    const end = { hook_event_name: 'SessionEnd', session_id: 's', reason: 'other' };
    const prompt = { hook_event_name: 'UserPromptSubmit', session_id: 's' };
    const stop = { hook_event_name: 'Stop', session_id: 's', last_assistant_message: 'Done.' };
    const reasonOf = async (name: string, ...hooks: readonly object[]) =>
      (await classified(await put(name, hooks.map((hook) => JSON.stringify(hook)).join('\n'))))?.reason;
    expect(await reasonOf('1', prompt, failed, end)).toBe('overloaded');
    expect(await reasonOf('2', prompt, failed, prompt, stop)).toBe('completed');
    expect(await reasonOf('3', prompt, failed, prompt)).toBe('crash');
  });

  describe('in a home of the agent', () => {
    const ID = '4d103119-904c-46b2-8356-f915ec2456e1';
    const inMidTurn = () =>
      linesOf(recorded('claude-code', 'usage_limit'), transcript()).slice(0, 7).join('\n');
    const transcript = () =>
      recorded('claude-code', 'usage_limit').files.find((file) => file.startsWith('projects/')) ?? '';

    it('sees whether a process claims the session', async () => {
      const path = await put(`.claude/projects/-home-dev-project/${ID}.jsonl`, `${inMidTurn()}\n`);
      const claimedBy = (pid: number) =>
        put('.claude/sessions/claim.json', JSON.stringify({ pid, sessionId: ID, procStart: undefined }));
      await claimedBy(process.pid);
      expect(await classified(path)).toMatchObject({ reason: 'not_a_stop', evidence: { rule: 'turn-open' } });
      await claimedBy(2 ** 22 + 1);
      expect(await classified(path)).toMatchObject({ reason: 'crash', confidence: 0.95 });
      await rm(join(dir, '.claude/sessions/claim.json'));
      expect(await classified(path)).toMatchObject({ reason: 'crash', confidence: 0.5 });
    });

    it('sees whether a process holds its lock', async () => {
      const thread = '01a20c5d-1736-7020-be54-24ae420defef';
      const started = { type: 'event_msg', payload: { type: 'task_started', turn_id: 't' } };
      const path = await put(
        `.codex/sessions/2026/11/24/rollout-2026-11-24T07-02-37-${thread}.jsonl`,
        `${JSON.stringify({ timestamp: '2026-11-24T07:02:37.000Z', ...started })}\n`,
      );
      const lock = await put(`.codex/thread-writer-locks/${thread}.lock`, '');
      const hostWith = (holders: ReadonlyMap<string, number>) =>
        ({ lockHolders: async () => holders, isAlive: () => true }) as unknown as ProcessHost;
      expect(await classified(path, hostWith(new Map([[lock, 7]])))).toMatchObject({ reason: 'not_a_stop' });
      expect(await classified(path, hostWith(new Map()))).toMatchObject({
        reason: 'crash',
        confidence: 0.95,
      });
    });

    it('takes the last word of the log beside a database, where its records keep quiet', async () => {
      const recording = recorded('opencode', 'usage_limit');
      const database = join(dir, 'copied/opencode.db');
      await mkdir(join(dir, 'copied'));
      await copyFile(join(recording.dir, 'opencode.db'), database);
      const reasonWith = async (log: string) => {
        await put('copied/opencode.log', log);
        return (await classified(database))?.reason;
      };
      const log = linesOf(recording, 'opencode.log').join('\n');
      expect((await classified(database))?.reason).toBe('crash');
      expect(await reasonWith(log)).toBe('usage_limit');
      const other = log.replaceAll(/session\.id=\S+/g, 'session.id=ses_other');
      expect(await reasonWith(other)).toBe('crash');
      expect(await reasonWith(`${log}\n${other.replaceAll('Usage limit', 'Overloaded')}`)).toBe(
        'usage_limit',
      );
    });
  });
});
