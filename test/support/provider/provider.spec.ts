import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ask } from './ask.js';
import { ScriptedProvider } from './provider.js';
import type { Step } from './step.js';

describe('ScriptedProvider', () => {
  let provider: ScriptedProvider;

  beforeEach(async () => {
    provider = await ScriptedProvider.start();
  });
  afterEach(() => provider.close());

  const post = (body: object, path = '/v1/messages') =>
    fetch(provider.url + path, { method: 'POST', body: JSON.stringify(body) });
  const turn = (extra: object = {}) =>
    ask(provider, '/v1/messages', {
      model: 'm',
      stream: true,
      tools: [{ name: 't' }],
      messages: [],
      ...extra,
    });

  it('streams text in chunks, with the frames of the Messages API', async () => {
    provider.script([{ type: 'ok', text: 'Hello world', chunks: 2, usage: { output: 7 } }]);
    const { status, headers, events } = await turn();
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/event-stream');
    expect(headers.get('anthropic-ratelimit-unified-status')).toBe('allowed');
    expect(events.map(({ event }) => event)).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    expect(events[2]?.data).toMatchObject({ index: 0, delta: { type: 'text_delta', text: 'Hello ' } });
    expect(events[5]?.data).toMatchObject({
      delta: { stop_reason: 'end_turn' },
      usage: { output_tokens: 7 },
    });
  });

  it('streams tool calls', async () => {
    provider.script([{ type: 'ok', text: 'Now', tools: [{ name: 'Bash', input: { command: 'ls' } }] }]);
    const { events } = await turn();
    expect(events[4]?.data).toMatchObject({
      index: 1,
      content_block: { type: 'tool_use', name: 'Bash', input: {} },
    });
    expect(events[5]?.data).toMatchObject({
      delta: { type: 'input_json_delta', partial_json: '{"command":"ls"}' },
    });
    expect(events.at(-2)?.data).toMatchObject({ delta: { stop_reason: 'tool_use' } });
  });

  it('answers without a stream as one message', async () => {
    const { headers, text } = await turn({ stream: false });
    expect(headers.get('content-type')).toBe('application/json');
    expect(JSON.parse(text)).toMatchObject({
      ...{ model: 'm', stop_reason: 'end_turn', content: [{ type: 'text', text: 'OK done.' }] },
    });
  });

  it.each<[Step['type'], number, string]>([
    ['usage_limit', 429, 'rate_limit_error'],
    ['rate_limit', 429, 'rate_limit_error'],
    ['overloaded', 529, 'overloaded_error'],
    ['server_error', 500, 'api_error'],
    ['auth', 401, 'authentication_error'],
    ['forbidden', 403, 'permission_error'],
    ['billing', 400, 'invalid_request_error'],
    ['not_found', 404, 'not_found_error'],
    ['context', 400, 'invalid_request_error'],
  ])('answers %s with %i %s', async (type, status, error) => {
    provider.script([{ type }]);
    const answer = await turn();
    expect(answer.status).toBe(status);
    expect(answer.headers.get('request-id')).toMatch(/^req_/);
    expect(JSON.parse(answer.text)).toMatchObject({ type: 'error', error: { type: error } });
  });

  it.each([
    ['five_hour', '5h', '7d'],
    ['seven_day', '7d', '5h'],
    ['seven_day_opus', '7d', '5h'],
  ] as const)('tells which window of a subscription is used up: %s', async (claim, full, free) => {
    provider.script([{ type: 'usage_limit', claim, resetAt: 4_000_000_000 }]);
    const { headers } = await turn();
    const unified = (name: string) => headers.get(`anthropic-ratelimit-unified-${name}`);
    expect(unified('status')).toBe('rejected');
    expect(unified('reset')).toBe('4000000000');
    expect(unified('representative-claim')).toBe(claim);
    expect([unified(`${full}-status`), unified(`${full}-reset`)]).toEqual(['rejected', '4000000000']);
    expect(unified(`${free}-status`)).toBe('allowed');
  });

  it('counts a relative reset from the answer', async () => {
    provider.script([{ type: 'usage_limit', resetInSec: 100 }]);
    const { headers } = await turn();
    const reset = Number(headers.get('anthropic-ratelimit-unified-reset'));
    expect(Math.abs(reset - Date.now() / 1000 - 100)).toBeLessThan(3);
    expect(headers.get('retry-after')).toMatch(/^(100|99)$/);
  });

  it('tells how long a short limit lasts, and nothing of a subscription', async () => {
    provider.script([{ type: 'rate_limit', retryAfterSec: 7 }]);
    const { headers } = await turn();
    expect(headers.get('retry-after')).toBe('7');
    expect(headers.get('anthropic-ratelimit-unified-status')).toBeNull();
  });

  it('warns of a window that is nearly used up, with a good answer', async () => {
    provider.script([{ type: 'warning', claim: 'seven_day', usedPercent: 91 }]);
    const { status, headers, events } = await turn();
    const unified = (name: string) => headers.get(`anthropic-ratelimit-unified-${name}`);
    expect(status).toBe(200);
    expect(['status', '5h-status', '7d-status'].map(unified)).toEqual([
      ...['allowed_warning', 'allowed', 'allowed_warning'],
    ]);
    expect([unified('7d-utilization'), unified('7d-surpassed-threshold')]).toEqual(['0.91', '0.9']);
    expect(events.at(-1)?.event).toBe('message_stop');
  });

  it('breaks off an answer with an error in the stream', async () => {
    provider.script([{ type: 'stream_error', text: 'I begin' }]);
    const { status, events, text } = await turn();
    expect(status).toBe(200);
    expect(text).toContain('I begin');
    expect(events.at(-1)).toMatchObject({ event: 'error', data: { error: { type: 'overloaded_error' } } });
  });

  it('tells the usage it is given, in good answers and where agents ask for it', async () => {
    provider.usage.fiveHour = { usedPercent: 88, resetAt: 4_000_000_000 };
    const { headers } = await turn();
    expect(headers.get('anthropic-ratelimit-unified-5h-utilization')).toBe('0.88');
    expect(headers.get('anthropic-ratelimit-unified-5h-reset')).toBe('4000000000');
    expect(await (await fetch(`${provider.url}/api/oauth/usage`)).json()).toMatchObject({
      five_hour: { utilization: 88, resets_at: '2096-10-02T07:06:40.000Z' },
    });
  });

  it('plays a script in order and repeats steps', async () => {
    provider.script([{ type: 'auth', times: 2 }, { type: 'ok' }, { type: 'overloaded', times: 'forever' }]);
    const statuses: number[] = [];
    for (let i = 0; i < 6; i++) statuses.push((await turn()).status);
    expect(statuses).toEqual([401, 401, 200, 529, 529, 529]);
    expect(provider.requests.map(({ step }) => step)).toEqual([
      ...['auth', 'auth', 'ok', 'overloaded', 'overloaded', 'overloaded'],
    ]);
  });

  it('keeps a step for the request it is meant for', async () => {
    provider.script([{ type: 'overloaded', match: '"text":"Help"' }, { type: 'auth' }]);
    const asks = (text: string) => turn({ messages: [{ role: 'user', content: [{ type: 'text', text }] }] });
    expect((await asks('Do it')).status).toBe(401);
    expect((await asks('Help')).status).toBe(529);
    expect((await asks('Help')).status).toBe(200);
  });

  it('cuts the connection in the middle of the stream', async () => {
    provider.script([{ type: 'cut', afterFrames: 2, text: 'never complete' }]);
    const response = await post({ model: 'm', stream: true, tools: [{}] });
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
  });

  it('holds a request without an answer until it closes', async () => {
    provider.script([{ type: 'hang' }]);
    const arrived = provider.nextRequest();
    const held = turn();
    const failure = expect(held).rejects.toThrow();
    expect((await arrived).answeredAt).toBeUndefined();
    await provider.close();
    await failure;
    provider = await ScriptedProvider.start();
  });

  it('stops in the middle of an answer and keeps the connection', async () => {
    provider.script([{ type: 'hang', afterFrames: 1 }]);
    const reader = (await post({ stream: true, tools: [{}] })).body?.getReader();
    const first = await reader?.read();
    expect(Buffer.from(first?.value ?? []).toString()).toContain('message_start');
    await reader?.cancel();
  });

  it('delays an answer and adds headers', async () => {
    provider.script([{ type: 'ok', delayMs: 60, headers: { 'x-extra': 'yes' } }]);
    expect((await turn()).headers.get('x-extra')).toBe('yes');
    const [request] = provider.requests;
    expect((request?.answeredAt ?? 0) - (request?.at ?? 0)).toBeGreaterThanOrEqual(55);
  });

  it('answers side requests and probes without taking a step', async () => {
    provider.script([{ type: 'auth' }]);
    expect((await turn({ tools: [] })).text).toContain('Side answer');
    expect((await fetch(`${provider.url}/v1/messages`)).status).toBe(404);
    expect(await (await post({}, '/v1/messages/count_tokens')).json()).toEqual({ input_tokens: 10 });
    expect((await fetch(`${provider.url}/v1/models`)).status).toBe(200);
    expect(await (await fetch(`${provider.url}/api/oauth/usage`)).json()).toHaveProperty(
      'five_hour.resets_at',
    );
    expect((await fetch(`${provider.url}/elsewhere`)).status).toBe(404);
    expect(provider.requests).toHaveLength(0);
    expect(provider.log).toHaveLength(6);
    expect((await turn()).status).toBe(401);
  });

  it('records requests and announces them', async () => {
    const seen: string[] = [];
    const off = provider.onRequest((request) => seen.push(request.path));
    const before = Date.now() - 1;
    await turn({ model: 'opus' });
    off();
    await turn();
    expect(seen).toEqual(['/v1/messages']);
    expect(provider.requests[0]).toMatchObject({
      protocol: 'anthropic',
      method: 'POST',
      body: { model: 'opus' },
    });
    expect(provider.requests[0]?.headers).toHaveProperty('host');
    expect(provider.requestsAfter(before)).toHaveLength(2);
    expect(provider.requestsAfter(Date.now())).toHaveLength(0);
    await expect(provider.nextRequest(10)).rejects.toThrow('No request within 10 ms');
  });
});
