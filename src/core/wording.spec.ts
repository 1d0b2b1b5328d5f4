import { describe, expect, it } from '@jest/globals';
import { aReset, NOON } from '../../test/support/an-episode.js';
import { COMMON_RULES, COMMON_WORDING } from './common-wording.js';
import { classifyFacts, windowOf, type ErrorFacts, type WordingRule, type WordingTable } from './wording.js';

const anchor = { atMs: NOON, zone: 'UTC' };
const table = (...rules: Partial<WordingRule>[]): WordingTable => ({
  agent: 'test',
  version: '1',
  rules: rules.map((rule, index) => ({
    id: `rule-${index}`,
    reason: 'rate_limit',
    confidence: 0.5,
    ...rule,
  })),
  windows: [[/weekly/i, 'seven_day']],
});
const facts = (change: Partial<ErrorFacts> = {}): ErrorFacts => ({
  source: 'test record',
  codes: [],
  text: '',
  ...change,
});
const ruleOf = (given: Partial<ErrorFacts>, ...rules: Partial<WordingRule>[]) =>
  classifyFacts(facts(given), table(...rules), anchor).evidence.rule;

describe('classifyFacts', () => {
  it('takes the first rule of which all conditions hold, and says which of which version', () => {
    const rules: Partial<WordingRule>[] = [
      { codes: ['a'], statuses: [429], text: /slow/ },
      { codes: ['a'], statuses: [429] },
      { codes: ['a'] },
      { text: /slow/ },
      {},
    ];
    expect(ruleOf({ codes: ['x', 'a'], status: 429, text: 'slow' }, ...rules)).toBe('test@1 rule-0');
    expect(ruleOf({ codes: ['a'], status: 429, text: 'fast' }, ...rules)).toBe('test@1 rule-1');
    expect(ruleOf({ codes: ['a'], status: 500, text: 'slow' }, ...rules)).toBe('test@1 rule-2');
    expect(ruleOf({ codes: ['b'], text: 'slow' }, ...rules)).toBe('test@1 rule-3');
    expect(ruleOf({ status: 429 }, ...rules)).toBe('test@1 rule-4');
  });

  it("takes '' for an error without a name, and for no other", () => {
    const rules = [{ codes: ['', 'a'] }];
    expect(ruleOf({ codes: [] }, ...rules)).toBe('test@1 rule-0');
    expect(ruleOf({ codes: ['a'] }, ...rules)).toBe('test@1 rule-0');
    expect(ruleOf({ codes: ['b'] }, ...rules)).toBe('no-rule');
    expect(ruleOf({ codes: [] }, { codes: ['a'] })).toBe('no-rule');
  });

  it('names nothing that no rule knows, and keeps its words', () => {
    expect(
      classifyFacts(facts({ text: 'Words of a later version' }), table({ codes: ['a'] }), anchor),
    ).toEqual({
      reason: 'unknown',
      confidence: 0,
      wordingUnknown: true,
      evidence: { source: 'test record', rule: 'no-rule', text: 'Words of a later version' },
    });
  });

  it('tells a limit by its fields whose words are new, with the reset that is stated', () => {
    const verdict = classifyFacts(
      facts({ codes: ['limit'], text: 'Novel words', reset: aReset(NOON + 1) }),
      table({ reason: 'usage_limit', codes: ['limit'], vague: true }),
      anchor,
    );
    expect(verdict).toMatchObject({ reason: 'usage_limit', wordingUnknown: true, reset: aReset(NOON + 1) });
    expect(classifyFacts(facts(), table({}), anchor)).not.toHaveProperty('wordingUnknown');
  });

  it('trusts a reset given as data more than the words, and reads the words where there is none', () => {
    const rules = table({ reason: 'usage_limit' });
    const text = 'Limit reached, resets 3pm (UTC)';
    expect(classifyFacts(facts({ text, reset: aReset(NOON + 1) }), rules, anchor).reset?.atMs).toBe(NOON + 1);
    expect(classifyFacts(facts({ text }), rules, anchor).reset).toMatchObject({
      atMs: NOON + 3 * 3_600_000,
      source: 'text',
    });
  });

  it.each([
    ['usage_limit', 'resets 3pm (UTC)', true],
    ['usage_limit', 'resets in 5s', true],
    ['rate_limit', 'resets in 5s', true],
    ['overloaded', 'try again in 5s', true],
    ['rate_limit', 'resets 3pm (UTC)', false],
    ['overloaded', 'try again at 3pm (UTC)', false],
    ['auth', 'try again in 5s', false],
    ['billing', 'resets 3pm (UTC)', false],
    ['context_exhausted', 'retry in 5s', false],
  ] as const)('of a %s, "%s" says when it lifts: %s', (reason, text, isKept) => {
    expect(classifyFacts(facts({ text }), table({ reason }), anchor).reset !== undefined).toBe(isKept);
  });

  it('keeps even a stated reset from a reason that does not lift by itself', () => {
    const verdict = classifyFacts(facts({ reset: aReset(NOON) }), table({ reason: 'billing' }), anchor);
    expect(verdict).not.toHaveProperty('reset');
  });

  it('names the window of a usage limit, by its field before its words, and of nothing else', () => {
    const windowBy = (reason: WordingRule['reason'], given: Partial<ErrorFacts>) =>
      classifyFacts(facts(given), table({ reason }), anchor).window;
    expect(windowBy('usage_limit', { text: 'your weekly limit', window: 'five_hour' })).toBe('five_hour');
    expect(windowBy('usage_limit', { text: 'your weekly limit' })).toBe('seven_day');
    expect(windowBy('usage_limit', { text: 'your limit' })).toBeUndefined();
    expect(windowBy('rate_limit', { text: 'weekly', window: 'five_hour' })).toBeUndefined();
    expect(windowOf('weekly', COMMON_WORDING)).toBeUndefined();
  });

  it('keeps secrets out of what it shows', () => {
    const { evidence } = classifyFacts(
      facts({ text: 'bad key sk-ant-made-up-0123456789' }),
      table({}),
      anchor,
    );
    expect(evidence.text).toBe('bad key [redacted]');
  });
});

describe('the rules for every agent', () => {
  const reasonOf = (given: Partial<ErrorFacts>) => classifyFacts(facts(given), COMMON_WORDING, anchor).reason;

  it.each([
    [{ codes: ['insufficient_quota'], status: 429 }, 'billing'],
    [{ codes: ['PERMISSION_DENIED'], status: 403 }, 'auth'],
    [{ codes: ['context_length_exceeded'], status: 400 }, 'context_exhausted'],
    [{ codes: ['content_filter'] }, 'refusal'],
    [{ codes: ['model_not_found'], status: 404 }, 'config'],
    [{ codes: ['overloaded_error'], status: 529 }, 'overloaded'],
    [{ codes: ['MODEL_CAPACITY_EXHAUSTED'], status: 429 }, 'overloaded'],
    [{ codes: ['MessageAbortedError'] }, 'user_exit'],
    [{ codes: ['error_max_turns'] }, 'budget_exhausted'],
    [{ codes: ['usage_limit_reached'], status: 429 }, 'usage_limit'],
    [{ codes: ['rate_limit_error'], status: 429 }, 'rate_limit'],
    [{ status: 401 }, 'auth'],
    [{ status: 402 }, 'billing'],
    [{ status: 408 }, 'timeout'],
    [{ status: 413 }, 'context_exhausted'],
    [{ status: 429 }, 'rate_limit'],
    [{ status: 500 }, 'overloaded'],
    [{ status: 503 }, 'overloaded'],
    [{ status: 418 }, 'unknown'],
  ])('fields alone, %j: %s', (given, reason) => {
    expect(reasonOf(given)).toBe(reason);
  });

  it.each([
    ['Your credit balance is too low', 'billing'],
    ['You exceeded your current quota, please check your plan and billing details', 'billing'],
    ['You have hit your usage limit', 'usage_limit'],
    ['5-hour limit reached', 'usage_limit'],
    ['Rate limit reached, please try again in 3 hours', 'usage_limit'],
    ['You have exhausted your capacity on this model. Your quota will reset after 19h14m47s.', 'usage_limit'],
    ['You have exhausted your capacity on this model. Your quota will reset after 4s.', 'rate_limit'],
    ['Rate limit reached, please try again in 20s', 'rate_limit'],
    ['Too many requests', 'rate_limit'],
    ['Quota exceeded for GenerateRequestsPerMinutePerProject', 'rate_limit'],
    ['Quota exceeded for GenerateRequestsPerDayPerProject', 'usage_limit'],
    ['prompt is too long: 212000 tokens > 200000 maximum', 'context_exhausted'],
    ['The model is overloaded', 'overloaded'],
    ['Please run /login', 'auth'],
    ['The model gpt-9 does not exist', 'config'],
    ['fetch failed', 'network'],
    ['The operation timed out', 'timeout'],
    ['Session not found', 'session_missing'],
    ['This violates our usage policy', 'refusal'],
    ['The cat sat on the mat', 'unknown'],
    ['', 'unknown'],
  ])('words alone, "%s": %s', (text, reason) => {
    expect(reasonOf({ text })).toBe(reason);
  });

  it('are told apart by their names, and surer the more they rest on fields', () => {
    const ids = COMMON_RULES.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id, confidence, codes, statuses, text } of COMMON_RULES) {
      expect({ id, isSome: codes !== undefined || statuses !== undefined || text !== undefined }).toEqual({
        id,
        isSome: true,
      });
      expect(confidence).toBeGreaterThan(0);
      expect(confidence).toBeLessThanOrEqual(codes === undefined ? 0.95 : 1);
    }
  });

  it('take no longer for long words', () => {
    for (const text of [
      'limit ',
      'model ',
      'please try again in 1 ',
      'api key ',
      'exhausted your capacity ',
    ]) {
      const startedMs = performance.now();
      reasonOf({ text: text.repeat(4000 / text.length) });
      expect({ text, isSlow: performance.now() - startedMs > 1000 }).toEqual({ text, isSlow: false });
    }
  });
});
