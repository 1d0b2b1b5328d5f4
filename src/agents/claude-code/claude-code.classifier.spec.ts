import { describe, expect, it } from '@jest/globals';
import { classifyError, statedLimit } from './claude-code.classifier.js';

const anchor = { atMs: Date.parse('2026-11-22T13:14:56Z'), zone: 'UTC' };
const says = (text: string, fields = {}) => ({
  type: 'assistant',
  isApiErrorMessage: true,
  message: { model: '<synthetic>', content: [{ type: 'text', text }] },
  ...fields,
});

describe('classifyError', () => {
  it('takes the limit 2.1.330 states in fields, to the second, whatever the words', () => {
    const quotaLimits = { status: 'rejected', resetsAt: 1_795_353_316, rateLimitType: 'five_hour' };
    const record = says('Words of a later version.', {
      error: 'rate_limit',
      apiErrorStatus: 429,
      quotaLimits,
    });
    expect(classifyError(record, anchor)).toMatchObject({
      reason: 'usage_limit',
      confidence: 1,
      window: 'five_hour',
      reset: { atMs: 1_795_353_316_000, source: 'structured' },
    });
  });

  it.each([
    [
      "You've hit your session limit · resets 1:52pm (UTC)",
      { error: 'rate_limit' },
      'usage_limit',
      'five_hour',
    ],
    [
      "You've hit your 5-hour limit · resets 1:52pm (UTC)",
      { error: 'rate_limit' },
      'usage_limit',
      'five_hour',
    ],
    [
      "You've hit your weekly limit · resets Nov 25, 12pm (UTC)",
      { error: 'rate_limit' },
      'usage_limit',
      'seven_day',
    ],
    ["You've hit your Opus limit · resets 3:45pm", { error: 'rate_limit' }, 'usage_limit', 'seven_day_opus'],
    ["You've hit your session limit", { error: 'rate_limit' }, 'usage_limit', 'five_hour'],
    ['API Error: Request rejected (429) · try later', { error: 'rate_limit' }, 'rate_limit', undefined],
    ['limiting requests (not your usage limit) · x', { error: 'rate_limit' }, 'rate_limit', undefined],
    ['Words nobody knows', { error: 'rate_limit' }, 'usage_limit', undefined],
    ['API Error: words nobody knows', { error: 'rate_limit' }, 'rate_limit', undefined],
    ['API Error: Overloaded', { error: 'unknown' }, 'overloaded', undefined],
    ['Request timed out', { error: 'server_error' }, 'timeout', undefined],
    [
      'API Error: Connection to the API was lost (ECONNRESET). This is usually temporary — try again.',
      { error: 'server_error' },
      'network',
      undefined,
    ],
    ['API Error: 529 …', { error: 'server_error', apiErrorStatus: 529 }, 'overloaded', undefined],
    ['API Error: Connection error.', { error: 'unknown' }, 'network', undefined],
    ['Credit balance is too low', { error: 'billing_error' }, 'billing', undefined],
    ['Prompt is too long', { error: 'invalid_request', apiErrorStatus: 400 }, 'context_exhausted', undefined],
    ['Something else', { error: 'invalid_request', apiErrorStatus: 400 }, 'unknown', undefined],
    ['', {}, 'unknown', undefined],
  ])('%s: %j is %s', (text, fields, reason, window) => {
    const verdict = classifyError(says(text, fields), anchor);
    expect(verdict.reason).toBe(reason);
    expect(verdict.window).toBe(window);
    expect(verdict.reset === undefined).toBe(!text.includes('resets'));
  });

  it('keeps what it saw as evidence', () => {
    const { evidence } = classifyError(says('Something new', { error: 'brand_new' }), anchor);
    expect(evidence).toEqual({ source: 'claude-code error record', rule: 'no-rule', text: 'Something new' });
  });

  it('does not mind records of any shape', () => {
    for (const message of [
      undefined,
      null,
      7,
      'text',
      [],
      { content: 7 },
      { content: [null, 7, { text: 7 }] },
    ])
      expect(classifyError({ isApiErrorMessage: true, message }, anchor).reason).toBe('unknown');
  });
});

describe('statedLimit', () => {
  it.each([
    [{ status: 'allowed', resetsAt: 1 }],
    [{ status: 'allowed_warning', resetsAt: 1 }],
    [{ overageStatus: 'rejected' }],
    [undefined],
    ['rejected'],
  ])('%j binds nothing', (info) => {
    expect(statedLimit(info)).toBeUndefined();
  });

  it('knows no reset where none is stated', () => {
    expect(statedLimit({ status: 'rejected', resetsAt: 0 })).toEqual({});
    expect(statedLimit({ status: 'rejected' })).toEqual({});
  });
});
