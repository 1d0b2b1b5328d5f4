import { describe, expect, it } from '@jest/globals';
import { NOON } from '../../test/support/an-episode.js';
import { classifyScreen } from './classify-screen.js';
import { COMMON_WORDING } from './common-wording.js';
import { iso } from './stop.js';

const seen = (lines: string | readonly string[], retryIsStop = false) => {
  const text = typeof lines === 'string' ? lines : lines.join('\n');
  return classifyScreen(text, COMMON_WORDING, { atMs: NOON, zone: 'UTC' }, { retryIsStop });
};

const LIMIT = "You've hit your session limit · resets 3pm (UTC)";

describe('classifyScreen', () => {
  it.each([
    ['a limit', LIMIT, 'usage_limit'],
    ['one in a box', ['╭────╮', '│ Daily limit reached │', '╰────╯'], 'usage_limit'],
    ['one below the talk of a session', ['> go on', '⏺ I look', `  ⎿  ${LIMIT}`, '', '> '], 'usage_limit'],
    ['the pipe form', 'Claude AI usage limit reached|1795359600', 'usage_limit'],
    ['a menu', ['What do you want to do?', '❯ 2. You can resume using this model at 3pm'], 'usage_limit'],
    [
      'overload with JSON',
      'API Error: 529 {"type":"error","error":{"type":"overloaded_error"}}',
      'overloaded',
    ],
    ['JSON alone', '{"error":{"code":"insufficient_quota","message":"No credit"}}', 'billing'],
    ['what a sign marks as an error', '✕ 429 Free allocated quota exceeded.', 'usage_limit'],
    ['what a status marks as one', '429 your token quota per minute was exceeded', 'rate_limit'],
    ['what the word marks as one', 'error: Provider authentication error', 'auth'],
    ['a login', 'Not logged in · Please run /login', 'auth'],
    ['a full context', 'Prompt is too long', 'context_exhausted'],
    ['a lost connection', 'fetch failed', 'network'],
    ['an interruption', ['⏺ I look', '[Request interrupted by user]'], 'user_exit'],
    ['a crash', 'Segmentation fault', 'crash'],
    ['a session that is not there', 'No conversation found with session ID: x', 'session_missing'],
    ['a warning', "You've used 90% of your weekly limit", 'warning_only'],
  ])('reads %s: %s', (_name, lines, reason) => {
    expect(seen(lines).reason).toBe(reason);
  });

  it.each([
    ['nothing', ''],
    ['talk of limits', ['⏺ The API has a rate limit of 50 requests.', '> and the usage limit?']],
    ['what a person typed', `> ${LIMIT}`],
    ['what a tool printed', ['⏺ Bash(cat log)', `  ⎿  ${LIMIT}`]],
    ['what is quoted', ['The log says:', LIMIT]],
    ['a code block', ['```', LIMIT, '```']],
    ['a limit that is history', [LIMIT, '⏺ All tests pass now.']],
    ['one at which work goes on', [LIMIT, '✻ Working… (12s · esc to interrupt)']],
    ['a try that the agent makes itself', 'API Error (Overloaded) · Retrying in 5 seconds… (attempt 3/10)'],
    ['what is marked as an error in words nobody knows', '✗ expected 3 to equal 4'],
    ['an error that others precede', ['> npm run build', 'src/limit.ts', 'error: rate limiter timed out']],
    ['a program that says so among others', ['npm test', 'fetch failed', '3 failed, 7 passed']],
    ['an interruption that was followed', ['[Request interrupted by user]', '⏺ On with it.']],
  ])('takes %s for no stop', (_name, lines) => {
    expect(seen(lines)).toMatchObject({ reason: 'not_a_stop', evidence: { rule: 'no-announcement' } });
  });

  it('takes the limit of the quick mode for none of the session', () => {
    expect(seen("You've hit your fast limit · resets in 2h")).toMatchObject({
      reason: 'not_a_stop',
      evidence: { rule: 'fast-mode' },
    });
  });

  it('reads the reset from the words, or from the JSON they quote', () => {
    expect(seen(LIMIT).reset).toMatchObject({ atMs: NOON + 3 * 3_600_000, source: 'text' });
    const quoted = 'API Error: 429 {"error":{"type":"usage_limit_reached","resets_at":1795359600}}';
    const { reset } = seen(quoted);
    expect([reset && iso(reset.atMs), reset?.source]).toEqual(['2026-11-22T15:00:00.000Z', 'structured']);
  });

  it('of several counts the one that binds longest, and of those that are alike the last', () => {
    const overloaded = 'API Error: 529 overloaded';
    const warning = "You've used 90% of your weekly limit";
    expect(seen([LIMIT, overloaded]).reason).toBe('usage_limit');
    expect(seen([overloaded, warning]).reason).toBe('overloaded');
    expect(seen([warning, "You've hit your limit"]).reason).toBe('usage_limit');
    expect(seen(["You've hit your limit", LIMIT]).reset).toBeDefined();
    const two = [LIMIT, LIMIT.replace('3pm', '5pm')];
    expect(seen(two).reset?.atMs).toBe(NOON + 5 * 3_600_000);
  });

  it('warns also where work goes on', () => {
    const lines = ["You've used 90% of your weekly limit", '✻ Working… (esc to interrupt)'];
    expect(seen(lines).reason).toBe('warning_only');
  });

  it("tells an agent's own waiting with its reason where that is asked for", () => {
    const waiting = 'Rate limit reached · Retrying in 5s (attempt 2)';
    expect(seen(waiting).reason).toBe('not_a_stop');
    expect(seen(waiting, true).reason).toBe('rate_limit');
  });

  it('finds the JSON in words that go on behind it', () => {
    const words = 'API Error: 400 {"error":{"code":"context_length_exceeded","message":"[x]"}} (see {docs})';
    expect(seen(words).reason).toBe('context_exhausted');
  });

  it('shows the announcement alone, without secrets', () => {
    const { evidence } = seen(['> my plan is secret', 'Not logged in · key sk-ant-made-up-0123456789']);
    expect(evidence.text).toBe('Not logged in · key [redacted]');
  });

  it.each([LIMIT, '{"a":', '[{', 'retrying ', "you've used your ", 'error: ', '```', '\u001b]', '│ '])(
    'takes no long time for many of "%s"',
    (part) => {
      const line = part.repeat(2000 / part.length);
      const startedMs = performance.now();
      seen(Array.from({ length: 400 }, () => line));
      seen(Array.from({ length: 2000 }, () => part));
      expect(performance.now() - startedMs).toBeLessThan(10_000);
    },
    30_000,
  );
});
