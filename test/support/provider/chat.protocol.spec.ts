import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ask } from './ask.js';
import { ScriptedProvider } from './provider.js';
import type { Step } from './step.js';

describe('The Chat Completions API', () => {
  let provider: ScriptedProvider;

  beforeEach(async () => {
    provider = await ScriptedProvider.start();
  });
  afterEach(() => provider.close());

  const turn = (extra: object = {}) =>
    ask(provider, '/v1/chat/completions', {
      ...{ model: 'm', stream: true, tools: [{ type: 'function' }], messages: [] },
      ...extra,
    });

  it('streams text in chunks and tool calls', async () => {
    const tools = [{ name: 'bash', input: { command: 'ls' } }];
    provider.script([{ type: 'ok', text: 'Hello world', chunks: 2, tools, usage: { input: 20, output: 7 } }]);
    const { status, headers, events } = await turn();
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/event-stream');
    expect(events.slice(1, 5).map(({ data }) => data)).toMatchObject([
      { choices: [{ delta: { content: 'Hello ' } }] },
      { choices: [{ delta: { content: 'world' } }] },
      {
        choices: [
          {
            delta: { tool_calls: [{ index: 0, function: { name: 'bash', arguments: '{"command":"ls"}' } }] },
          },
        ],
      },
      { choices: [{ finish_reason: 'tool_calls' }] },
    ]);
    expect(events[5]?.data).toMatchObject({
      usage: { prompt_tokens: 20, completion_tokens: 7, total_tokens: 27 },
    });
    expect(events[6]?.data).toBe('[DONE]');
  });

  it('answers without a stream as one completion', async () => {
    const { headers, text } = await turn({ stream: false });
    expect(headers.get('content-type')).toBe('application/json');
    expect(JSON.parse(text)).toMatchObject({
      choices: [{ finish_reason: 'stop', message: { role: 'assistant', content: 'OK done.' } }],
    });
  });

  it.each<[Step['type'], number, string | null]>([
    ['usage_limit', 429, 'usage_limit_reached'],
    ['rate_limit', 429, 'rate_limit_exceeded'],
    ['overloaded', 503, 'overloaded'],
    ['server_error', 500, null],
    ['auth', 401, 'invalid_api_key'],
    ['forbidden', 403, 'forbidden'],
    ['billing', 429, 'insufficient_quota'],
    ['not_found', 404, 'model_not_found'],
    ['context', 400, 'context_length_exceeded'],
  ])('answers %s with %i %s', async (type, status, code) => {
    provider.script([{ type }]);
    const answer = await turn();
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toMatchObject({ error: { code } });
  });

  it('tells when a limit lifts, in the header and in the body', async () => {
    const resetAt = Math.floor(Date.now() / 1000) + 100;
    provider.script([
      { type: 'usage_limit', resetAt },
      { type: 'rate_limit', retryAfterSec: 7 },
    ]);
    const limit = await turn();
    expect(limit.headers.get('retry-after')).toMatch(/^(100|99)$/);
    expect(JSON.parse(limit.text)).toMatchObject({ error: { resets_at: resetAt } });
    expect((await turn()).headers.get('retry-after')).toBe('7');
  });

  it('breaks off an answer with an error in the stream', async () => {
    provider.script([{ type: 'stream_error', text: 'I begin', message: 'No more' }]);
    const { events, text } = await turn();
    expect(text).toContain('I begin');
    expect(events.at(-1)?.data).toMatchObject({ error: { message: 'No more', code: 'overloaded' } });
  });

  it('cuts the connection in the middle of the stream', async () => {
    provider.script([{ type: 'cut' }]);
    await expect(turn()).rejects.toThrow();
  });

  it('answers titles and summaries, which offer no tools, without taking a step', async () => {
    provider.script([{ type: 'auth' }]);
    expect((await turn({ tools: undefined })).text).toContain('Side answer');
    expect(provider.requests).toHaveLength(0);
    expect((await turn()).status).toBe(401);
  });
});
