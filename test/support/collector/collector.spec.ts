import { afterEach, describe, expect, it } from '@jest/globals';
import { Collector } from './collector.js';
import { serviceOf } from './otlp.js';

let collector: Collector;
afterEach(() => collector.close());

const TRACE = {
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'test' } }] },
      scopeSpans: [
        {
          spans: [
            {
              traceId: '0af7651916cd43dd8448eb211c80319c',
              spanId: 'b7ad6b7169203331',
              name: 'a',
              kind: 2,
              startTimeUnixNano: '1700000000000000000',
              endTimeUnixNano: '1700000000250000000',
              attributes: [{ key: 'n', value: { intValue: '7' } }],
            },
          ],
        },
      ],
    },
  ],
};

const SPAN = {
  name: 'a',
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  parentSpanId: '',
  kind: 'SERVER',
  startMs: 1_700_000_000_000,
  endMs: 1_700_000_000_250,
  attributes: { n: 7 },
  resource: { 'service.name': 'test' },
};

describe('the collector', () => {
  it('takes OTLP as JSON', async () => {
    collector = await Collector.start({ protocol: 'http' });
    const headers = { 'content-type': 'application/json', 'x-key': 'k' };
    const response = await send('/v1/traces', headers, JSON.stringify(TRACE));
    expect(response.status).toBe(200);
    expect(collector.spans()).toEqual([expect.objectContaining(SPAN)]);
    expect(collector.requests[0]?.headers).toMatchObject({ 'x-key': 'k' });
  });

  it('takes OTLP as protobuf', async () => {
    collector = await Collector.start({ protocol: 'http' });
    const { request } = serviceOf('traces');
    const bytes = (text: string) => Buffer.from(text, 'hex').toString('base64');
    const binary = JSON.parse(JSON.stringify(TRACE), (key, value: string) =>
      key === 'traceId' || key === 'spanId' ? bytes(value) : value,
    );
    const body = request.encode(request.fromObject(binary)).finish();
    await send('/v1/traces', { 'content-type': 'application/x-protobuf' }, Buffer.from(body));
    expect(collector.spans()).toEqual([expect.objectContaining(SPAN)]);
  });

  it('refuses, and comes back on the same port', async () => {
    collector = await Collector.start({ protocol: 'http' });
    await collector.behave('refuse');
    await expect(send('/v1/traces', {}, '')).rejects.toThrow();
    await collector.behave('status 503');
    const headers = { 'content-type': 'application/json' };
    expect((await send('/v1/traces', headers, JSON.stringify(TRACE))).status).toBe(503);
    expect(collector.spans()).toEqual([]);
  });

  it.each(['hang', 'black hole'] as const)('answers nothing when it is to %s', async (behaviour) => {
    collector = await Collector.start({ protocol: 'grpc' });
    await collector.behave(behaviour);
    await expect(send('/v1/traces', {}, 'x', AbortSignal.timeout(500))).rejects.toThrow(/timeout/);
  });
});

function send(
  path: string,
  headers: Record<string, string>,
  body: string | Buffer<ArrayBuffer>,
  signal?: AbortSignal,
) {
  return fetch(`${collector.endpoint}${path}`, { method: 'POST', headers, body, signal: signal ?? null });
}
