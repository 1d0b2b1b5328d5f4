import { describe, expect, it } from '@jest/globals';
import { codexSignals } from './codex.signals.js';

const AT = { atMs: Date.UTC(2026, 10, 24, 7, 0), zone: 'UTC' };
const BASE = { sessionId: 's-1', atMs: AT.atMs, source: 'hook' };
const LIMIT =
  'You’ve hit your usage limit. Visit https://chatgpt.com/settings/usage to purchase more credits or try again at 8:02 AM.';
const signals = (event: string, more: object = {}) =>
  codexSignals({ session_id: 's-1', hook_event_name: event, ...more }, AT);

describe('hooks of Codex', () => {
  it.each([
    ['UserPromptSubmit', {}, { kind: 'working' }],
    ['PostModelRequest', { status: 'completed', error: null }, { kind: 'working' }],
    ['Stop', { stop_hook_active: false }, { kind: 'idle' }],
    ['Interrupt', {}, { kind: 'left', evidence: { rule: 'Interrupt' } }],
    ['PermissionRequest', { tool_name: 'Bash' }, { kind: 'asks', evidence: { text: 'Bash' } }],
    [
      'PostModelRequest',
      { status: 'failed', error: LIMIT },
      {
        kind: 'failed',
        verdict: { reason: 'usage_limit', reset: { atMs: Date.UTC(2026, 10, 24, 8, 2), source: 'text' } },
      },
    ],
  ])('%s %j', (event, more, signal) => {
    expect(signals(event, more)).toMatchObject([{ ...BASE, ...signal }]);
  });

  it.each([
    ['SessionEnd', { reason: 'other' }],
    ['PostModelRequest', { status: 'cancelled', error: null }],
    ['PostToolUse', { tool_name: 'Bash' }],
    ['Stop', { agent_id: 'helper' }],
    ['PostModelRequest', { status: 'failed', error: LIMIT, agent_id: 'helper' }],
    ['Stop', { session_id: 7 }],
  ])('%s %j says nothing', (event, more) => {
    expect(signals(event, more)).toEqual([]);
  });
});
