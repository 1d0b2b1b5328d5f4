import { describe, expect, it } from '@jest/globals';
import { NOON } from '../../test/support/an-episode.js';
import { classifyErrorJson, notAStop } from './classify-json.js';
import { COMMON_WORDING } from './common-wording.js';

const reasonOf = (payload: unknown) =>
  classifyErrorJson(payload, COMMON_WORDING, { atMs: NOON, zone: 'UTC' }).reason;

describe('classifyErrorJson', () => {
  it.each([
    [{ type: 'error', error: { type: 'rate_limit_error', message: 'Slow down' } }, 'rate_limit'],
    [{ error: 'usage limit reached' }, 'usage_limit'],
    [{ error: { code: 'insufficient_quota' } }, 'billing'],
    [{ code: 'context_length_exceeded' }, 'context_exhausted'],
    [{ code: 'ECONNRESET', message: 'socket hang up' }, 'network'],
    [{ status: 529, message: 'Overloaded' }, 'overloaded'],
    [{ detail: 'Too Many Requests' }, 'rate_limit'],
    [{ name: 'ProviderAuthError', data: {} }, 'auth'],
    [{ terminationReason: 'overloaded' }, 'overloaded'],
    [{ message: 'request timed out', stack: 'Error: …' }, 'timeout'],
    [[{ error: { status: 'UNAVAILABLE', message: 'down' } }], 'overloaded'],
    [{ error: { message: 'Words of a later version' } }, 'unknown'],
  ])('takes %j for an error: %s', (payload, reason) => {
    expect(reasonOf(payload)).toBe(reason);
  });

  const said = { message: 'usage limit reached', type: 'x_error' };
  it.each([
    null,
    undefined,
    'usage limit reached',
    429,
    [],
    {},
    { message: 'usage limit reached' },
    { type: 'init', name: 'words' },
    { error: null },
    { error: '' },
    { text: 'rate limit exceeded', role: 'assistant' },
    { detail: 'usage limit reached', page: 1, of: 2 },
    ...['tool_result', 'tool_use', 'tool', 'user', 'user_message', 'summary', 'message', 'text', 'input'].map(
      (type) => ({ type, status: 'error', error: said }),
    ),
    [{ type: 'tool_result', error: said }],
  ])('takes %j for none', (payload) => {
    expect(reasonOf(payload)).toBe('not_a_stop');
  });
});

describe('notAStop', () => {
  it('tells what it was, and no more of it', () => {
    const { evidence } = notAStop('user', { type: 'user', content: 'secret' });
    expect(evidence).toEqual({ source: 'error json', rule: 'user', text: 'user' });
    expect(notAStop('words', 'some words').evidence.text).toBe('some words');
    expect(notAStop('none', 5).evidence.text).toBe('');
  });
});
