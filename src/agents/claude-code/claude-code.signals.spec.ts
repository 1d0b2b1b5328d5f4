import { describe, expect, it } from '@jest/globals';
import { NOON } from '../../../test/support/an-episode.js';
import { claudeCodeSignals } from './claude-code.signals.js';

const LIMIT = "You've hit your session limit · resets 3pm (UTC)";
const hook = (event: string, fields: object = {}) => ({ hook_event_name: event, session_id: 's', ...fields });
const signals = (report: unknown) => claudeCodeSignals(report, { atMs: NOON, zone: 'UTC' });

describe('a hook of Claude Code', () => {
  it.each([
    [hook('UserPromptSubmit', { prompt: 'secret words' }), { kind: 'working' }],
    [hook('Stop', { last_assistant_message: LIMIT }), { kind: 'idle' }],
    [hook('SessionEnd', { reason: 'prompt_input_exit' }), { kind: 'left' }],
    [
      hook('StopFailure', { error: 'rate_limit', last_assistant_message: LIMIT }),
      { kind: 'failed', verdict: { reason: 'usage_limit', reset: { atMs: NOON + 3 * 3_600_000 } } },
    ],
    [
      hook('Notification', {
        notification_type: 'permission_prompt',
        message: 'Claude needs your permission',
      }),
      { kind: 'asks', evidence: { text: 'Claude needs your permission' } },
    ],
  ])('%j tells that it is %j, of the session and the moment', (report, told) => {
    const base = { sessionId: 's', atMs: NOON, source: 'hook' };
    expect(signals(report)).toMatchObject([{ ...base, ...told }]);
    expect(JSON.stringify(signals(report))).not.toContain('secret');
    // As a recording holds it.
    expect(signals({ t: 1, ppid: 2, in: report })).toEqual(signals(report));
  });

  it.each([
    hook('SessionEnd', { reason: 'other' }),
    hook('PreToolUse', { tool_input: { command: LIMIT } }),
    hook('Notification', { notification_type: 'auth_success' }),
    hook('StopFailure', { error: 'rate_limit', last_assistant_message: LIMIT, agent_id: 'helper' }),
    hook('StopFailure', { error: 'rate_limit', session_id: 5 }),
    { hook_event_name: 'Stop' },
    { session_id: 's' },
    {},
    [],
    null,
    'Stop',
    { in: null },
  ])('%j tells nothing', (report) => {
    expect(signals(report)).toEqual([]);
  });
});
