import { describe, expect, it } from '@jest/globals';
import { NOON } from '../../../test/support/an-episode.js';
import { classifyLoose } from './codex.loose.js';

const seen = (payload: unknown) => classifyLoose({ kind: 'json', payload, atMs: NOON }, 'UTC');
const event = (payload: object) => ({ timestamp: '2026-11-22T12:00:00Z', type: 'event_msg', payload });
const rpc = (method: string, params: object) => ({ jsonrpc: '2.0', method, params });
const hook = (name: string, fields: object = {}) => ({ hook_event_name: name, session_id: 's', ...fields });

const LIMIT = 'You’ve hit your usage limit. Try again at 3:00 PM.';
const HOUR_S = 3600;
const full = { primary: { used_percent: 100, window_minutes: 300, resets_at: NOON / 1000 + HOUR_S } };

describe('a record of Codex by itself', () => {
  it.each([
    ['a turn that ended', event({ type: 'task_complete', turn_id: 't' }), 'completed'],
    [
      'a turn that ended at a limit',
      event({ type: 'task_complete', error: { message: LIMIT, codex_error_info: 'usage_limit_exceeded' } }),
      'usage_limit',
    ],
    ['an interrupted turn', event({ type: 'turn_aborted', reason: 'interrupted' }), 'user_exit'],
    [
      'an error of an older version',
      event({ type: 'error', message: LIMIT, codex_error_info: 'usage_limit_exceeded' }),
      'usage_limit',
    ],
    [
      'a plan without credit',
      event({ type: 'error', message: 'You are out of credits', codex_error_info: 'usage_limit_exceeded' }),
      'billing',
    ],
    [
      'a limit that is named',
      event({ type: 'token_count', rate_limits: { ...full, rate_limit_reached_type: 'primary' } }),
      'usage_limit',
    ],
    [
      'a limit of credit that is named',
      event({ type: 'token_count', rate_limits: { rate_limit_reached_type: 'workspace_credits' } }),
      'billing',
    ],
    ['exec: a turn that ended', { type: 'turn.completed', usage: {} }, 'completed'],
    [
      'exec: a turn that failed',
      { type: 'turn.failed', error: { message: 'unexpected status 503 Service Unavailable' } },
      'overloaded',
    ],
    ['exec: an error', { type: 'error', message: LIMIT }, 'usage_limit'],
    [
      'app server: a failed turn',
      rpc('turn/completed', {
        turn: { status: 'failed', error: { message: 'x', codexErrorInfo: 'contextWindowExceeded' } },
      }),
      'context_exhausted',
    ],
    [
      'app server: an interrupted turn',
      rpc('turn/completed', { turn: { status: 'interrupted' } }),
      'user_exit',
    ],
    ['app server: a turn that ended', rpc('turn/completed', { turn: { status: 'completed' } }), 'completed'],
    [
      'app server: an error',
      rpc('error', { error: { message: LIMIT, codexErrorInfo: 'usageLimitExceeded' } }),
      'usage_limit',
    ],
    [
      'app server: an error with its HTTP status',
      rpc('error', {
        error: { message: 'x', codexErrorInfo: { responseTooManyFailedAttempts: { httpStatusCode: 429 } } },
      }),
      'rate_limit',
    ],
    ['hook: a failed request', hook('PostModelRequest', { status: 'failed', error: LIMIT }), 'usage_limit'],
    ['hook: a question', hook('PermissionRequest', { tool_input: { command: 'x' } }), 'awaiting_input'],
    ['hook: an interruption', hook('Interrupt'), 'user_exit'],
    ['hook: the end', hook('Stop', { last_assistant_message: LIMIT }), 'completed'],
    ['an answer of the provider', { error: { code: 'insufficient_quota', message: 'x' } }, 'billing'],
  ])('%s: %s', (_name, payload, reason) => {
    expect(seen(payload).reason).toBe(reason);
  });

  it.each([
    [
      'words of the model',
      { type: 'response_item', payload: { type: 'message', role: 'assistant', content: LIMIT } },
    ],
    [
      'output of a tool',
      event({ type: 'item_completed', item: { type: 'CommandExecution', output: LIMIT } }),
    ],
    ['a full window alone', event({ type: 'token_count', rate_limits: full })],
    ['an error that is not final', { type: 'error', message: 'Reconnecting... 2/5 (stream disconnected)' }],
    [
      'an error that it tries again',
      rpc('error', { willRetry: true, error: { message: LIMIT, codexErrorInfo: 'usageLimitExceeded' } }),
    ],
    ['other messages of the app server', rpc('item/completed', { item: { text: LIMIT } })],
    ['a request that went well', hook('PostModelRequest', { status: 'completed', error: null })],
    ['a cancelled request', hook('PostModelRequest', { status: 'cancelled', error: null })],
    ['a list', [1]],
    ['nothing', {}],
  ])('takes %s for no stop', (_name, payload) => {
    expect(seen(payload).reason).toBe('not_a_stop');
  });

  it('has the reset of the window that is named, also one that is past', () => {
    const count = (resetsAt: number) =>
      event({
        type: 'token_count',
        rate_limits: {
          rate_limit_reached_type: 'primary',
          primary: { ...full.primary, resets_at: resetsAt },
        },
      });
    const resets = [HOUR_S, -HOUR_S].map((inS) => seen(count(NOON / 1000 + inS)).reset?.atMs);
    expect(resets).toEqual([NOON + HOUR_S * 1000, NOON - HOUR_S * 1000]);
    expect(
      seen(event({ type: 'token_count', rate_limits: { rate_limit_reached_type: 'x' } })).reset,
    ).toBeUndefined();
  });

  it('reads a screen by its own table', () => {
    const text = '■ You’ve hit your usage limit. Try again at 3:00 PM.';
    expect(classifyLoose({ kind: 'text', payload: text, atMs: NOON }, 'UTC')).toMatchObject({
      reason: 'usage_limit',
      reset: { atMs: NOON + 3 * HOUR_S * 1000 },
      evidence: { rule: expect.stringMatching(/^codex@/) },
    });
  });
});
