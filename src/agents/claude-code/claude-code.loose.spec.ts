import { describe, expect, it } from '@jest/globals';
import { NOON } from '../../../test/support/an-episode.js';
import { classifyLoose } from './claude-code.loose.js';

const seen = (payload: unknown) => classifyLoose({ kind: 'json', payload, atMs: NOON }, 'UTC');
const reasonOf = (payload: unknown) => seen(payload).reason;
const hook = (event: string, fields: object = {}) => ({ hook_event_name: event, session_id: 's', ...fields });

const LIMIT = "You've hit your session limit · resets 3pm (UTC)";
const error = (fields: object = {}) => ({
  type: 'assistant',
  isApiErrorMessage: true,
  error: 'rate_limit',
  message: { model: '<synthetic>', content: [{ type: 'text', text: LIMIT }] },
  ...fields,
});

describe('a record of Claude Code by itself', () => {
  it.each([
    ['its own error', error(), 'usage_limit'],
    ['the end of a turn', { type: 'assistant', message: { stop_reason: 'end_turn' } }, 'completed'],
    ['a refusal', { type: 'assistant', message: { stop_reason: 'refusal' } }, 'refusal'],
    ['an interruption', { type: 'user', message: { content: '[Request interrupted by user]' } }, 'user_exit'],
    ['a good result', { type: 'result', subtype: 'success', is_error: false, result: LIMIT }, 'completed'],
    [
      'a result of too many turns',
      { type: 'result', subtype: 'error_max_turns', is_error: true },
      'budget_exhausted',
    ],
    ['an aborted result', { type: 'result', is_error: true, terminal_reason: 'aborted_tools' }, 'user_exit'],
    [
      'a result with a limit',
      { type: 'result', is_error: true, api_error_status: 429, result: LIMIT },
      'usage_limit',
    ],
    [
      'a result with overload',
      { type: 'result', is_error: true, api_error_status: 529, result: 'API Error: 529' },
      'overloaded',
    ],
    [
      'a session that is not there',
      { type: 'result', is_error: true, errors: ['No conversation found with session ID: x'] },
      'session_missing',
    ],
    [
      'a line of its screen in a system record',
      { type: 'system', subtype: 'informational', content: LIMIT },
      'usage_limit',
    ],
    [
      'a question by its registry',
      { pid: 7, sessionId: 's', status: 'waiting', waitingFor: 'permission prompt' },
      'awaiting_input',
    ],
  ])('%s: %s', (_name, payload, reason) => {
    expect(reasonOf(payload)).toBe(reason);
  });

  it.each([
    [
      'words of the model',
      {
        type: 'assistant',
        message: { model: 'm', stop_reason: null, content: [{ type: 'text', text: LIMIT }] },
      },
    ],
    ['words of the user', { type: 'user', message: { content: LIMIT } }],
    [
      'output of a tool',
      { type: 'user', message: { content: [{ type: 'tool_result', content: LIMIT, is_error: true }] } },
    ],
    ['an error of a side chain', error({ isSidechain: true })],
    ['an error of a helper in a stream', error({ parent_tool_use_id: 'toolu_1' })],
    [
      'a hook of a helper',
      hook('StopFailure', { agent_id: 'a', error: 'rate_limit', last_assistant_message: LIMIT }),
    ],
    ['a summary', { type: 'summary', summary: LIMIT }],
    [
      'a registry at the dialog of a limit',
      { pid: 7, sessionId: 's', status: 'waiting', waitingFor: 'dialog open' },
    ],
    ['a busy registry', { pid: 7, sessionId: 's', status: 'busy' }],
    ['an error that was none', error({ isApiErrorMessage: false })],
    ['other hooks', hook('PostToolUse', { tool_response: LIMIT })],
    ['a notice that login worked', hook('Notification', { notification_type: 'auth_success' })],
  ])('takes %s for no stop', (_name, payload) => {
    expect(reasonOf(payload)).toBe('not_a_stop');
  });

  it.each(['rejected', 'allowed_warning', 'allowed', 'of a later version'])(
    'tells of a limit that is %s, wherever it stands',
    (status) => {
      const info = { status, resetsAt: 1_795_359_600, rateLimitType: 'five_hour' };
      const reason = { rejected: 'usage_limit', allowed_warning: 'warning_only' }[status] ?? 'not_a_stop';
      for (const payload of [
        { type: 'rate_limit_event', rate_limit_info: info },
        { rate_limit_info: info },
        { '_claude/rateLimit': info },
        ...(status.includes(' ') ? [] : [info]),
      ])
        expect(reasonOf(payload)).toBe(reason);
      const { reset, window } = seen({ rate_limit_info: info });
      const exact = { atMs: NOON + 3 * 3_600_000, source: 'structured', raw: '1795359600' };
      expect([reset, window]).toEqual(status === 'rejected' ? [exact, 'five_hour'] : [undefined, undefined]);
    },
  );

  describe('of a hook', () => {
    it.each([
      ['rate_limit', LIMIT, 'usage_limit'],
      ['rate_limit', 'API Error: Request rejected (429)', 'rate_limit'],
      ['server_error', 'API Error: 529', 'overloaded'],
      ['authentication_failed', 'Not logged in · Please run /login', 'auth'],
      ['billing_error', 'Credit balance is too low', 'billing'],
      ['invalid_request', 'Prompt is too long', 'context_exhausted'],
      ['model_not_found', 'There is an issue with the selected model', 'config'],
      ['later_name', 'Novel words', 'unknown'],
    ])('StopFailure %s, "%s": %s', (code, said, reason) => {
      expect(reasonOf(hook('StopFailure', { error: code, last_assistant_message: said }))).toBe(reason);
      // As older versions say it.
      expect(reasonOf(hook('StopFailure', { error_type: code, error_message: said }))).toBe(reason);
    });

    it('reads the details where nothing was said', () => {
      const fields = { error: 'invalid_request', error_details: '400 prompt is too long' };
      expect(reasonOf(hook('StopFailure', fields))).toBe('context_exhausted');
    });

    it.each([
      [hook('Stop', { last_assistant_message: 'Done.' }), 'completed', 1],
      [hook('Stop', { last_assistant_message: LIMIT }), 'usage_limit', undefined],
      [hook('Stop', { last_assistant_message: 'fetch failed' }), 'completed', 1],
      [hook('SessionEnd', { reason: 'prompt_input_exit' }), 'user_exit', 1],
      [hook('SessionEnd', { reason: 'clear' }), 'user_exit', 1],
      [hook('SessionEnd', { reason: 'other' }), 'unknown', 0],
      [
        hook('Notification', { notification_type: 'permission_prompt', message: 'May I?' }),
        'awaiting_input',
        1,
      ],
      [hook('Notification', { notification_type: 'idle_prompt' }), 'awaiting_input', 1],
      [hook('Notification', { notification_type: 'quota_auto_resume_waiting' }), 'usage_limit', 1],
    ])('%j: %s', (payload, reason, confidence) => {
      const finding = seen(payload);
      expect(finding.reason).toBe(reason);
      if (confidence !== undefined) expect(finding.confidence).toBe(confidence);
    });
  });
});
