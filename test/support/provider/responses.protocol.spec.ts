import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ask } from './ask.js';
import { ScriptedProvider } from './provider.js';
import type { Step } from './step.js';

describe('The Responses API', () => {
  let provider: ScriptedProvider;

  beforeEach(async () => {
    provider = await ScriptedProvider.start();
  });
  afterEach(() => provider.close());

  const turn = (extra: object = {}, metadata: object = { request_kind: 'turn' }, path = '/v1/responses') =>
    ask(
      provider,
      path,
      { model: 'm', stream: true, tools: [{ type: 'function', name: 't' }], input: [], ...extra },
      { 'x-codex-turn-metadata': JSON.stringify(metadata) },
    );

  it('streams text in chunks and tool calls', async () => {
    const tools = [
      { name: 'exec_command', input: { cmd: 'ls' } },
      { namespace: 'multi_agent_v1', name: 'spawn_agent', input: {} },
    ];
    provider.script([{ type: 'ok', text: 'Hello world', chunks: 2, tools, usage: { input: 20, output: 7 } }]);
    const { status, headers, events } = await turn();
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/event-stream');
    expect(headers.get('x-codex-primary-used-percent')).toBe('12');
    expect(events.map(({ event }) => event)).toEqual([
      'response.created',
      'response.output_item.added',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_item.done',
      'response.output_item.added',
      'response.output_item.done',
      'response.output_item.added',
      'response.output_item.done',
      'response.completed',
    ]);
    expect(events[2]?.data).toMatchObject({ output_index: 0, delta: 'Hello ' });
    expect(events[6]?.data).toMatchObject({
      item: { type: 'function_call', name: 'exec_command', arguments: '{"cmd":"ls"}' },
    });
    expect(events[8]?.data).toMatchObject({
      item: { type: 'function_call', namespace: 'multi_agent_v1', name: 'spawn_agent' },
    });
    expect(events[9]?.data).toMatchObject({
      response: { usage: { input_tokens: 20, output_tokens: 7, total_tokens: 27 } },
    });
  });

  it('answers without a stream as one response', async () => {
    const { headers, text } = await turn({ stream: false });
    expect(headers.get('content-type')).toBe('application/json');
    expect(JSON.parse(text)).toMatchObject({
      status: 'completed',
      output: [{ type: 'message', content: [{ type: 'output_text', text: 'OK done.' }] }],
    });
  });

  it.each<[Step['type'], number, string]>([
    ['usage_limit', 429, 'usage_limit_reached'],
    ['server_error', 500, 'server_error'],
    ['auth', 401, 'invalid_request_error'],
    ['forbidden', 403, 'invalid_request_error'],
    ['not_found', 404, 'invalid_request_error'],
  ])('answers %s with %i %s', async (type, status, error) => {
    provider.script([{ type }]);
    const answer = await turn();
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toMatchObject({ error: { type: error } });
  });

  it.each<[Step['type'], string, number]>([
    ['rate_limit', 'rate_limit_exceeded', 429],
    ['overloaded', 'server_is_overloaded', 503],
    ['billing', 'insufficient_quota', 429],
    ['context', 'context_length_exceeded', 400],
  ])('says %s inside the stream as %s, or with status %i on demand', async (type, code, status) => {
    provider.script([{ type }, { type, asStatus: true }]);
    const { status: streamed, events } = await turn();
    expect(streamed).toBe(200);
    expect(events.map(({ event }) => event)).toEqual(['response.created', 'response.failed']);
    expect(events[1]?.data).toMatchObject({ response: { status: 'failed', error: { code } } });
    const answer = await turn();
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toMatchObject({ error: { code } });
  });

  it.each([
    ['five_hour', 'primary', 'secondary', '34'],
    ['seven_day', 'secondary', 'primary', '12'],
  ] as const)('tells which window is used up: %s', async (claim, full, free, used) => {
    provider.script([{ type: 'usage_limit', claim, resetAt: 4_000_000_000 }]);
    const { headers, text } = await turn();
    const codex = (window: string, name: string) => headers.get(`x-codex-${window}-${name}`);
    expect([codex(full, 'used-percent'), codex(full, 'reset-at')]).toEqual(['100', '4000000000']);
    expect(codex(free, 'used-percent')).toBe(used);
    expect(JSON.parse(text)).toMatchObject({ error: { resets_at: 4_000_000_000, plan_type: 'pro' } });
  });

  it('says in words how long a short limit lasts', async () => {
    provider.script([{ type: 'rate_limit', retryAfterSec: 1.5 }]);
    expect((await turn()).text).toContain('Please try again in 1.5s.');
  });

  it('warns of a window that is nearly used up', async () => {
    provider.script([{ type: 'warning', usedPercent: 91 }]);
    const { headers, events } = await turn();
    expect(headers.get('x-codex-primary-used-percent')).toBe('91');
    expect(events.at(-1)?.event).toBe('response.completed');
  });

  it('breaks off an answer with an error in the stream', async () => {
    provider.script([{ type: 'stream_error', text: 'I begin' }]);
    const { events, text } = await turn();
    expect(text).toContain('I begin');
    expect(events.at(-1)).toMatchObject({
      event: 'response.failed',
      data: { response: { error: { code: 'server_error' } } },
    });
  });

  it('cuts the connection in the middle of the stream', async () => {
    provider.script([{ type: 'cut' }]);
    await expect(turn()).rejects.toThrow();
  });

  it('answers titles and compactions without taking a step', async () => {
    provider.script([{ type: 'auth' }]);
    const schema = { type: 'object', properties: { title: { type: 'string' } }, required: ['title'] };
    const title = await turn(
      { text: { format: { type: 'json_schema', schema } } },
      { request_kind: 'turn', thread_source: 'thread_title' },
    );
    expect(title.events[2]?.data).toMatchObject({ delta: '{"title":"Side answer"}' });
    expect((await turn({}, { request_kind: 'compaction' })).text).toContain('Side answer');
    const compact = await turn({}, {}, '/v1/responses/compact');
    expect(JSON.parse(compact.text)).toMatchObject({ object: 'response.compaction' });
    expect((await turn({ tools: [] }, {})).status).toBe(200);
    expect(provider.requests).toHaveLength(0);
    expect((await turn()).status).toBe(401);
  });

  it('tells the usage of the account', async () => {
    provider.usage.weekly = { usedPercent: 100, resetAt: 4_000_000_000 };
    const answer = await fetch(`${provider.url}/backend-api/wham/usage`);
    expect(await answer.json()).toMatchObject({
      rate_limit: {
        allowed: false,
        primary_window: { used_percent: 12, limit_window_seconds: 18_000 },
        secondary_window: { used_percent: 100, reset_at: 4_000_000_000 },
      },
    });
  });
});
