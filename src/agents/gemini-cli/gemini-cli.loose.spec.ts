import { describe, expect, it } from '@jest/globals';
import { NOON } from '../../../test/support/an-episode.js';
import { classifyLoose } from './gemini-cli.loose.js';

const seen = (payload: unknown) => classifyLoose({ kind: 'json', payload, atMs: NOON }, 'UTC');
const failed = (message: string) => ({
  type: 'result',
  status: 'error',
  error: { type: 'unknown', message },
});
const google = (message: string, ...details: object[]) => ({
  error: { code: 429, status: 'RESOURCE_EXHAUSTED', message, details },
});
const info = (reason: string) => ({ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason });
const quota = (quotaId: string) => ({
  '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
  violations: [{ quotaId }],
});
const delay = (retryDelay: string) => ({ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay });

describe('a record of Gemini CLI by itself', () => {
  it.each([
    ['a good result', { type: 'result', status: 'success' }, 'completed'],
    [
      'an exhausted day',
      failed(
        '[API Error: You have exhausted your daily quota on this model.]\nPlease wait and try again later.',
      ),
      'usage_limit',
    ],
    [
      'a minute that is full',
      failed('[API Error: You exceeded your current quota: GenerateRequestsPerMinute. Please retry in 2s.]'),
      'rate_limit',
    ],
    [
      'a full quota that names no window, with the hint to another login',
      failed(
        '[API Error: You exceeded your current quota. Please retry in 1s.\nSuggested retry after 1s.]\nPlease wait and try again later. To increase your limits, request a quota increase through AI Studio, or switch to another /auth method',
      ),
      'rate_limit',
    ],
    ['an answer that was cut off', failed('[API Error: terminated]'), 'network'],
    ['no capacity', failed('[API Error: The model is overloaded. Please try again later.]'), 'overloaded'],
    ['no credit', failed('[API Error: Your prepayment credits are depleted.]'), 'billing'],
    [
      'a wrong key',
      failed(
        '[API Error: {"error":{"code":400,"message":"API key not valid","details":[{"reason":"API_KEY_INVALID"}]}}]',
      ),
      'auth',
    ],
    [
      'a full context',
      failed(
        '[API Error: {"error":{"code":400,"message":"The input token count exceeds the maximum number of tokens"}}]',
      ),
      'context_exhausted',
    ],
    ['a model that is not there', failed('[API Error: The model is not found]'), 'config'],
    [
      'an answer about a day',
      google('Quota exceeded', quota('GenerateRequestsPerDayPerProjectPerModel-FreeTier'), delay('37s')),
      'usage_limit',
    ],
    [
      'an answer about a minute',
      google('Quota exceeded', quota('GenerateRequestsPerMinutePerProjectPerModel'), delay('37s')),
      'rate_limit',
    ],
    [
      'an answer about a day of the free tier',
      google(
        'You exceeded your current quota, please check your plan and billing details. Quota exceeded for metric: generate_content_free_tier_requests, limit: 250',
        quota('GenerateRequestsPerDayPerProjectPerModel-FreeTier'),
      ),
      'usage_limit',
    ],
    ['an answer of no capacity', google('No capacity', info('MODEL_CAPACITY_EXHAUSTED')), 'overloaded'],
    ['an answer of no plan', google('You exceeded your current quota. limit: 0'), 'billing'],
    [
      'an exhausted quota',
      google('You have exhausted your capacity on this model.', info('QUOTA_EXHAUSTED')),
      'usage_limit',
    ],
  ])('%s: %s', (_name, payload, reason) => {
    expect(seen(payload).reason).toBe(reason);
  });

  it.each([
    ['a result without a reason', { type: 'result', status: 'error' }],
    ['words of the model', { type: 'message', role: 'assistant', content: 'usage limit reached' }],
    [
      'a tool that failed',
      { type: 'tool_result', status: 'error', error: { type: 'x', message: 'rate limit exceeded' } },
    ],
    [
      'a tool that is called',
      { type: 'tool_use', tool_name: 'report_error', parameters: { error: 'quota exceeded' } },
    ],
    ['the start', { type: 'init', session_id: 's', model: 'gemini-2.5-pro' }],
    ['a line of a chat', { id: 'm', type: 'user', content: [{ text: 'usage limit reached' }] }],
    ['a list', []],
  ])('takes %s for no stop', (_name, payload) => {
    expect(seen(payload).reason).toBe('not_a_stop');
  });

  it("takes the short delay beside a day's quota for no reset of it, but that of a minute", () => {
    const day = google('Quota exceeded', quota('GenerateRequestsPerDayPerProject'), delay('37s'));
    const minute = google('Quota exceeded', quota('GenerateRequestsPerMinutePerProject'), delay('37s'));
    expect(seen(day).reset).toBeUndefined();
    expect(seen(minute).reset).toMatchObject({ atMs: NOON + 37_000, source: 'relative' });
    expect(
      seen(failed('[API Error: You have exhausted your capacity. Your quota will reset after 19h14m47s.]'))
        .reset?.atMs,
    ).toBe(NOON + 69_287_000);
  });
});
