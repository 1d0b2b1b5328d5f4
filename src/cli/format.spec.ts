import { describe, expect, it } from '@jest/globals';
import { absoluteTime, countdown, counted, duration, printable, relativeTime, table } from './format.js';

const NOW_MS = Date.UTC(2026, 10, 22, 13, 0, 0);

describe('format', () => {
  it.each([
    [0, '0 s'],
    [59.4, '59 s'],
    [59.6, '1 min'],
    [3599, '59 min'],
    [3600, '1 h'],
    [7500, '2 h 5 min'],
    [86_400, '1 d'],
    [3 * 86_400 + 4 * 3600 + 59, '3 d 4 h'],
    [-5, '0 s'],
  ])('tells %d seconds as %s', (seconds, words) => {
    expect(duration(seconds)).toBe(words);
  });

  it('tells a time from now on and before now', () => {
    expect(relativeTime(NOW_MS + 1_500_000, NOW_MS)).toBe('in 25 min');
    expect(relativeTime(NOW_MS - 3000, NOW_MS)).toBe('3 s ago');
    expect(relativeTime(undefined, NOW_MS)).toBe('-');
  });

  it('counts down to the second', () => {
    expect(countdown(NOW_MS + 1_500_000, NOW_MS)).toBe('in 0:25:00');
    expect(countdown(NOW_MS + 500, NOW_MS)).toBe('in 0:00:01');
    expect(countdown(NOW_MS + 2 * 86_400_000 + 3_661_000, NOW_MS)).toBe('in 2 d 1:01:01');
    expect(countdown(NOW_MS - 3000, NOW_MS)).toBe('3 s ago');
  });

  it('tells a time to the second, with its zone', () => {
    expect(absoluteTime(NOW_MS)).toMatch(/^2026-11-2[123] \d\d:\d\d:00 \S+$/);
    expect(absoluteTime(undefined)).toBe('-');
  });

  it('aligns columns, without blanks at the end', () => {
    expect(
      table([
        ['A', 'LONG', ''],
        ['one', 'b', 'c'],
      ]),
    ).toBe('A    LONG\none  b     c');
  });

  it('lets nothing through that steers a terminal', () => {
    expect(printable('a\u001b[2Jb\nc\u009b')).toBe('a [2Jb c ');
    expect(table([['a\u001b[31m', 'b']])).toBe('a [31m  b');
  });

  it('counts', () => {
    expect(
      counted(
        new Map([
          ['waiting', 1],
          ['saved', 4],
        ]),
      ),
    ).toBe('waiting 1, saved 4');
    expect(counted(new Map())).toBe('none');
  });
});
