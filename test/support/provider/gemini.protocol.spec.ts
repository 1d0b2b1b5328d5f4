import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ask } from './ask.js';
import { ScriptedProvider } from './provider.js';
import type { Step } from './step.js';

const MODEL = '/v1beta/models/gemini-2.5-pro';
const TOOLS = [{ functionDeclarations: [{ name: 't' }] }];

describe('The Generative Language API', () => {
  let provider: ScriptedProvider;

  beforeEach(async () => {
    provider = await ScriptedProvider.start();
  });
  afterEach(() => provider.close());

  const turn = (extra: object = {}, method = 'streamGenerateContent?alt=sse') =>
    ask(provider, `${MODEL}:${method}`, { tools: TOOLS, contents: [], ...extra });

  it('streams text in chunks and tool calls', async () => {
    const tools = [{ name: 'read_file', input: { file_path: 'a' } }];
    provider.script([{ type: 'ok', text: 'Hello world', chunks: 2, tools, usage: { input: 20, output: 7 } }]);
    const { status, headers, events } = await turn();
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/event-stream');
    expect(events.map(({ data }) => data)).toMatchObject([
      { candidates: [{ content: { role: 'model', parts: [{ text: 'Hello ' }] } }] },
      { candidates: [{ content: { parts: [{ text: 'world' }] } }] },
      {
        candidates: [
          { content: { parts: [{ functionCall: { name: 'read_file', args: { file_path: 'a' } } }] } },
        ],
      },
      { candidates: [{ finishReason: 'STOP' }], modelVersion: 'gemini-2.5-pro' },
    ]);
    expect(events[3]?.data).toMatchObject({
      usageMetadata: { promptTokenCount: 20, candidatesTokenCount: 7, totalTokenCount: 27 },
    });
  });

  it('answers without a stream as one content', async () => {
    const { headers, text } = await turn({}, 'generateContent');
    expect(headers.get('content-type')).toBe('application/json');
    expect(JSON.parse(text)).toMatchObject({
      candidates: [{ content: { parts: [{ text: 'OK done.' }] }, finishReason: 'STOP' }],
    });
  });

  it.each<[Step['type'], number, string]>([
    ['usage_limit', 429, 'RESOURCE_EXHAUSTED'],
    ['rate_limit', 429, 'RESOURCE_EXHAUSTED'],
    ['overloaded', 503, 'UNAVAILABLE'],
    ['server_error', 500, 'INTERNAL'],
    ['auth', 400, 'INVALID_ARGUMENT'],
    ['forbidden', 403, 'PERMISSION_DENIED'],
    ['billing', 429, 'RESOURCE_EXHAUSTED'],
    ['not_found', 404, 'NOT_FOUND'],
    ['context', 400, 'INVALID_ARGUMENT'],
  ])('answers %s with %i %s', async (type, code, status) => {
    provider.script([{ type }]);
    const answer = await turn();
    expect(answer.status).toBe(code);
    expect(JSON.parse(answer.text)).toMatchObject({ error: { code, status } });
  });

  it.each<[Step, string, RegExp]>([
    [{ type: 'usage_limit', resetInSec: 100 }, 'PerDay', /^(100|99)s$/],
    [{ type: 'rate_limit', retryAfterSec: 7 }, 'PerMinute', /^7s$/],
  ])('tells which quota is used up and when to come back: %j', async (step, quota, delay) => {
    provider.script([step]);
    expect(JSON.parse((await turn()).text)).toMatchObject({
      error: {
        details: [
          { violations: [{ quotaId: expect.stringContaining(quota) }] },
          { retryDelay: expect.stringMatching(delay) },
        ],
      },
    });
  });

  it('breaks off an answer with an error in the stream', async () => {
    provider.script([{ type: 'stream_error', text: 'I begin' }]);
    const { text } = await turn();
    expect(text).toContain('I begin');
    const [, error = ''] = text.split('\r\n\r\n');
    expect(JSON.parse(error)).toMatchObject({ error: { code: 503, status: 'UNAVAILABLE' } });
  });

  it('cuts the connection in the middle of the stream', async () => {
    provider.script([{ type: 'cut' }]);
    await expect(turn()).rejects.toThrow();
  });

  it('answers routers and counts without taking a step', async () => {
    provider.script([{ type: 'auth' }]);
    const responseJsonSchema = {
      type: 'object',
      properties: { model_choice: { type: 'string', enum: ['flash', 'pro'] }, score: { type: 'number' } },
      required: ['model_choice'],
    };
    const router = await turn({ tools: [], generationConfig: { responseJsonSchema } }, 'generateContent');
    expect(router.text).toContain(JSON.stringify('{"model_choice":"flash"}'));
    expect((await turn({}, 'countTokens')).text).toBe('{"totalTokens":10}');
    expect(provider.requests).toHaveLength(0);
    expect((await turn()).status).toBe(400);
  });
});
