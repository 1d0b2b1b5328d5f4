import { describe, expect, it } from '@jest/globals';
import { NOON } from '../../test/support/an-episode.js';
import { seeded } from '../../test/support/seeded.js';
import { errorFactsOf } from './error-shape.js';
import { iso } from './stop.js';

const factsOf = (value: unknown) => errorFactsOf(value, 'test', NOON);
const resetOf = (value: unknown) => {
  const { reset } = factsOf(value);
  return reset && { at: iso(reset.atMs), source: reset.source };
};

describe('errorFactsOf', () => {
  it.each([
    ['Anthropic', { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }],
    ['JSON in a message', { message: '{"error":{"type":"overloaded_error","message":"Overloaded"}}' }],
    [
      'JSON in JSON',
      {
        data: {
          responseBody: JSON.stringify({ error: '{"type":"overloaded_error","message":"Overloaded"}' }),
        },
      },
    ],
    ['a list of errors', [{ error: { type: 'overloaded_error', message: 'Overloaded' } }]],
  ])('finds name and words in the error of %s', (_name, value) => {
    const { codes, text, source } = factsOf(value);
    expect({ source, text }).toEqual({ source: 'test', text: 'Overloaded' });
    expect(codes).toContain('overloaded_error');
  });

  it('finds the reason and the delay of a Google error, below its details', () => {
    const details = [
      { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'QUOTA_EXHAUSTED' },
      { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '11.054s' },
    ];
    const { codes, status, text, reset } = factsOf({
      error: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'Too much.', details },
    });
    expect({ codes, status, text }).toEqual({
      codes: ['RESOURCE_EXHAUSTED', 'QUOTA_EXHAUSTED'],
      status: 429,
      text: 'Too much.',
    });
    expect(reset).toEqual({ atMs: NOON + 11_054, source: 'relative', raw: 'retrydelay=11.054s' });
  });

  it.each([
    [{ statusCode: 529 }, 529],
    [{ error: { code: '503' } }, 503],
    [{ status: '429' }, 429],
    [{ code: 429, error: { status: 500 } }, 429],
    [{ status: 200 }, undefined],
    [{ code: 600 }, undefined],
    [{ code: 'E503' }, undefined],
  ])('the HTTP status in %j is %p', (value, status) => {
    const facts = factsOf(value);
    expect(facts.status).toBe(status);
    expect(facts.codes).not.toContain(String(status));
  });

  it.each([
    [{ resets_at: 1_795_353_316 }, '2026-11-22T13:15:16.000Z', 'structured'],
    [{ resetsAt: 1_795_353_316_000 }, '2026-11-22T13:15:16.000Z', 'structured'],
    [{ resets_at: '1795353316' }, '2026-11-22T13:15:16.000Z', 'structured'],
    [{ reset_at: '2026-11-22T13:15:16Z' }, '2026-11-22T13:15:16.000Z', 'structured'],
    [{ headers: { 'Retry-After': '90' } }, '2026-11-22T12:01:30.000Z', 'header'],
    [{ 'retry-after': 'Sun, 22 Nov 2026 13:15:16 GMT' }, '2026-11-22T13:15:16.000Z', 'header'],
    [{ 'retry-after-ms': '1500' }, '2026-11-22T12:00:01.500Z', 'header'],
    [{ resets_in_seconds: 60 }, '2026-11-22T12:01:00.000Z', 'relative'],
    [{ quotaResetDelay: '1h2m3.5s' }, '2026-11-22T13:02:03.500Z', 'relative'],
    [{ retry_after: 0 }, '2026-11-22T12:00:00.000Z', 'relative'],
  ])('reads the reset of %j', (value, at, source) => {
    expect(resetOf(value)).toEqual({ at, source });
  });

  it.each([
    { resets_at: 0 },
    { resets_at: '' },
    { resets_at: 'soon' },
    { next: 'https://example.org/2026' },
    { next: 'page 2026' },
    { 'retry-after': '' },
    { 'retry-after': ' ' },
    { 'retry-after': 'later' },
    { retry_after: -5 },
    { retry_after: 1e300 },
    { retry_after: '9999999 weeks' },
    { retryDelay: '9999999 weeks 9999999 weeks' },
    { message: 'resets_at 1795353316' },
  ])('invents no reset from %j', (value) => {
    expect(resetOf(value)).toBeUndefined();
  });

  it('counts the surest of several resets, and the latest of those that are as sure', () => {
    expect(resetOf({ 'retry-after': '5', error: { resets_in_seconds: 60 } })?.source).toBe('header');
    expect(resetOf({ error: { resets_in_seconds: 60 }, headers: { 'retry-after': '5' } })?.source).toBe(
      'header',
    );
    const windows = [
      { resets_at: 1_795_353_316 },
      { resets_at: 1_795_353_400 },
      { resets_at: 1_795_353_300 },
    ];
    expect(resetOf(windows)?.at).toBe('2026-11-22T13:16:40.000Z');
  });

  it('keeps words and names apart, each once', () => {
    const { codes, text } = factsOf({
      code: 'rate_limited',
      message: 'Slow down',
      error: { code: 'rate_limited', type: 'not a name', message: 'Slow down', detail: 'Please' },
    });
    expect(codes).toEqual(['rate_limited']);
    expect(text).toBe('Slow down\nPlease');
  });

  it('looks at no more than a bound of it, however deep, wide or long it is', () => {
    let deep: unknown = { message: 'too deep' };
    for (let depth = 0; depth < 100; depth += 1) deep = { error: deep };
    expect(factsOf(deep).text).toBe('');
    const wide = Array.from({ length: 10_000 }, (_, index) => ({ message: `m${index}` }));
    expect(factsOf(wide).text.split('\n').length).toBeLessThan(400);
    expect(factsOf({ message: 'x'.repeat(100_000) }).text).toHaveLength(4000);
    expect(
      factsOf({ reset_at: `2026-11-22T13:15:16Z (${'x'.repeat(1000)})` }).reset?.raw.length ?? 0,
    ).toBeLessThan(121);
  });

  it('gives a reset that can be told, or none, whatever stands in the fields', () => {
    const random = seeded(4);
    const keys = ['resets_at', 'next', 'retry-after', 'retry-after-ms', 'retryDelay', 'resets_in_seconds'];
    for (let count = 0; count < 5000; count += 1) {
      const size = 10 ** (random() * 330 - 10);
      const value = [size, -size, String(size), `${Math.round(size)}s`, `${size}w`, '0x7fffffff'][count % 6];
      const reset = resetOf({ [keys[Math.floor(random() * keys.length)] ?? '']: value });
      if (reset !== undefined) expect(Date.parse(reset.at)).toBeGreaterThan(0);
    }
  });
});
