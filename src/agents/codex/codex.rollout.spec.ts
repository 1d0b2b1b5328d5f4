import { beforeEach, describe, expect, it } from '@jest/globals';
import { NOON } from '../../../test/support/an-episode.js';
import { CodexRollout } from './codex.rollout.js';

let rollout: CodexRollout;
let atMs: number;
beforeEach(() => {
  rollout = new CodexRollout('UTC');
  atMs = NOON;
});

/** A line as Codex writes it, a second after the one before. */
function write(type: string, payload: object): void {
  const timestamp = new Date((atMs += 1000)).toISOString();
  rollout.accept(JSON.stringify({ timestamp, ordinal: 1, type, payload }));
}
const event = (type: string, fields: object = {}) => write('event_msg', { type, ...fields });
const turn = () => rollout.view().turn;

const LIMIT = { message: 'You’ve hit your usage limit.', codex_error_info: 'usage_limit_exceeded' };
const window = (inS: number) => ({
  primary: { used_percent: 100, window_minutes: 300, resets_at: NOON / 1000 + inS },
});

describe('CodexRollout', () => {
  it('follows a turn by its own records', () => {
    event('task_started', { turn_id: 't1' });
    expect(turn()).toMatchObject({ kind: 'open', recordId: 't1' });
    event('item_completed', { item: { type: 'UserMessage', id: 'u' } });
    event('item_completed', { item: { type: 'AgentMessage', id: 'w' } });
    event('task_complete', { turn_id: 't1' });
    expect(turn()).toMatchObject({ kind: 'ended', recordId: 't1' });
    expect(rollout.view()).toMatchObject({ lastPrompt: { recordId: 'u' }, lastWork: { recordId: 'w' } });
    event('task_started', { turn_id: 't2' });
    event('turn_aborted', { turn_id: 't2', reason: 'interrupted' });
    expect(turn()).toMatchObject({ kind: 'interrupted', recordId: 't2' });
  });

  it('judges by the end of the turn, whatever is written behind it', () => {
    event('task_started', { turn_id: 't1' });
    event('task_complete', { turn_id: 't1' });
    write('response_item', { type: 'message', role: 'user', content: '<subagent_notification>' });
    event('token_count', { rate_limits: null });
    expect(turn()).toMatchObject({ kind: 'ended', recordId: 't1' });
  });

  it('takes the reset of a limit from the window told last', () => {
    event('task_started', { turn_id: 't1' });
    event('token_count', { rate_limits: window(100) });
    event('token_count', { rate_limits: window(3600) });
    event('token_count', {});
    event('task_complete', { turn_id: 't1', error: LIMIT });
    expect(turn()).toMatchObject({
      kind: 'failed',
      verdict: { reason: 'usage_limit', window: 'five_hour', reset: { atMs: NOON + 3_600_000 } },
    });
  });

  it('keeps the error of an older version, which tells of it before the turn ends', () => {
    event('task_started', { turn_id: 't1' });
    event('error', LIMIT);
    event('task_complete', { turn_id: 't1' });
    expect(turn()).toMatchObject({ kind: 'failed', recordId: 't1', verdict: { reason: 'usage_limit' } });
    event('task_started', { turn_id: 't2' });
    event('task_complete', { turn_id: 't2' });
    expect(turn()).toMatchObject({ kind: 'ended', recordId: 't2' });
  });

  it('reads the launch contract from the newest turn, and enough is known with it', () => {
    write('session_meta', { id: 's', cwd: '/first', originator: 'codex_exec', cli_version: '0.169.0' });
    expect(rollout.isSufficient()).toBe(false);
    const context = { cwd: '/p', model: 'a', effort: 'low', sandbox_policy: { type: 'read-only' } };
    write('turn_context', context);
    write('turn_context', {
      ...context,
      model: 'b',
      effort: undefined,
      collaboration_mode: { settings: { reasoning_effort: 'high' } },
    });
    event('task_started', { turn_id: 't1' });
    expect(rollout.view()).toMatchObject({
      cwd: '/p',
      model: 'b',
      effort: 'high',
      permissionMode: 'read-only',
    });
    expect(rollout.isSufficient()).toBe(true);
  });

  it.each([
    [{ originator: 'codex_exec', source: 'exec', thread_source: 'user' }, { interactive: false }],
    [{ originator: 'codex_cli_rs', source: 'cli', thread_source: 'user' }, { interactive: true }],
    [{ originator: 'codex_exec', source: { subagent: { thread_spawn: {} } } }, { isSubagent: true }],
    [{ originator: 'codex_exec', thread_source: 'subagent' }, { isSubagent: true }],
  ])('tells by its head %j: %j', (meta, view) => {
    write('session_meta', { cli_version: '0.169.0', ...meta });
    const whole = rollout.view();
    const inside = new CodexRollout('UTC');
    // Instructions make the record longer than what is read of the head.
    inside.acceptHead(
      JSON.stringify({ type: 'session_meta', payload: { cli_version: '0.169.0', ...meta } }).slice(0, -2),
    );
    expect(whole).toMatchObject({ version: '0.169.0', ...view });
    expect(inside.view()).toEqual(whole);
    expect(whole.isSubagent).toBe('isSubagent' in view ? true : undefined);
  });
});
