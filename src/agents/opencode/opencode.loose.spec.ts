import { describe, expect, it } from '@jest/globals';
import { NOON } from '../../../test/support/an-episode.js';
import { classifyLoose } from './opencode.loose.js';

const seen = (payload: unknown) => classifyLoose({ kind: 'json', payload, atMs: NOON }, 'UTC');
const event = (type: string, properties: object) => ({
  type,
  properties: { sessionID: 'ses_1', ...properties },
});
const retry = { type: 'retry', attempt: 1, message: 'Usage limit reached', next: NOON + 3_600_000 };
const message = (data: object) => ({ id: 'msg_1', data: { role: 'assistant', ...data } });
const overloaded = { name: 'APIError', data: { message: 'Overloaded', statusCode: 529, isRetryable: true } };

describe('a record of OpenCode by itself', () => {
  it.each([
    ['an error event', event('session.error', { error: overloaded }), 'overloaded'],
    ['one in a recording', { t: 1, event: event('session.error', { error: overloaded }) }, 'overloaded'],
    ['an idle session', event('session.idle', {}), 'completed'],
    ['a session that waits', event('session.status', { status: retry }), 'usage_limit'],
    ['a session that became idle', event('session.status', { status: { type: 'idle' } }), 'completed'],
    ['a question', event('permission.asked', { permission: 'bash' }), 'awaiting_input'],
    ['a map of states', { ses_1: { type: 'busy' }, ses_2: retry }, 'usage_limit'],
    ['a map of idle states', { ses_1: { type: 'idle' } }, 'completed'],
    ['a message with an error', message({ error: overloaded }), 'overloaded'],
    ['an aborted message', message({ error: { name: 'MessageAbortedError', data: {} } }), 'user_exit'],
    ['a message that ended', message({ finish: 'stop' }), 'completed'],
    ['an exported message', { info: { role: 'assistant', finish: 'stop' }, parts: [] }, 'completed'],
    ['run: an error', { type: 'error', error: overloaded }, 'overloaded'],
    ['run: the last step', { type: 'step_finish', part: { reason: 'stop' } }, 'completed'],
    ['an error alone', { name: 'ProviderAuthError', data: { message: 'x' } }, 'auth'],
    ['an answer of its gateway', { error: { type: 'CreditsError', message: 'No credit' } }, 'billing'],
  ])('%s: %s', (_name, payload, reason) => {
    expect(seen(payload).reason).toBe(reason);
  });

  it.each([
    ['a busy session', event('session.status', { status: { type: 'busy' } })],
    ['a map of busy states', { ses_1: { type: 'busy' } }],
    ['an empty map', {}],
    ['a map of other things', { a: { type: 'busy' }, b: { type: 'file' } }],
    [
      'a piece of an answer',
      event('message.part.updated', { part: { type: 'text', text: 'usage limit reached' } }),
    ],
    ['a message that calls tools', message({ finish: 'tool-calls' })],
    ['a message under way', message({})],
    ['a step of several', { type: 'step_finish', part: { reason: 'tool-calls' } }],
    ['run: words of the model', { type: 'text', part: { text: 'usage limit reached' } }],
    [
      'run: a tool that failed',
      { type: 'tool_use', part: { state: { status: 'error', error: 'rate limit exceeded' } } },
    ],
  ])('takes %s for no stop', (_name, payload) => {
    expect(seen(payload).reason).toBe('not_a_stop');
  });

  it('says that it goes on by itself, and when', () => {
    expect(seen(event('session.status', { status: retry }))).toMatchObject({
      waitsItself: true,
      reset: { atMs: NOON + 3_600_000, source: 'structured' },
    });
    const noTime = event('session.status', { status: { type: 'retry', message: 'Too Many Requests' } });
    expect(seen(noTime)).toMatchObject({ reason: 'rate_limit', waitsItself: true });
    expect(seen(noTime).reset).toBeUndefined();
  });

  it('tells its own waiting also from words', () => {
    const said = classifyLoose(
      { kind: 'text', payload: 'Rate limit reached [retrying in 5s attempt #2]', atMs: NOON },
      'UTC',
    );
    expect(said.reason).toBe('rate_limit');
  });
});
