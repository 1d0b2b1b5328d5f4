import { describe, expect, it } from '@jest/globals';
import { NOON } from '../../../test/support/an-episode.js';
import { fullWindow, reachedName } from './codex.limits.js';

const HOUR_S = 3600;
const S = NOON / 1000;
const window = (usedPercent: number, inHours: number, minutes = 300) => ({
  used_percent: usedPercent,
  window_minutes: minutes,
  resets_at: S + inHours * HOUR_S,
});
const found = (limits: unknown) => {
  const full = fullWindow(limits, NOON);
  return full && [full.window, (full.reset.atMs - NOON) / HOUR_S / 1000];
};

describe('fullWindow', () => {
  it.each([
    [
      'the one that is used up',
      { primary: window(100, 1), secondary: window(40, 50, 10_080) },
      ['five_hour', 1],
    ],
    ['the other', { primary: window(99.9, 1), secondary: window(100, 50, 10_080) }, ['seven_day', 50]],
    [
      'of both the one that opens later',
      { primary: window(100, 60), secondary: window(104, 50, 10_080) },
      ['five_hour', 60],
    ],
    [
      'the one the server names',
      { rate_limit_reached_type: 'secondary', primary: window(90, 1), secondary: window(95, 50, 10_080) },
      ['seven_day', 50],
    ],
    [
      'the named one beside a full one',
      { rate_limit_reached_type: 'primary', primary: window(90, 60), secondary: window(100, 50, 10_080) },
      ['five_hour', 60],
    ],
    [
      'the fullest, where a limit is named without its window',
      {
        rate_limit_reached_type: 'rate_limit_reached',
        primary: window(90, 1),
        secondary: window(95, 50, 10_080),
      },
      ['seven_day', 50],
    ],
    ['one of another length', { primary: window(100, 1, 60) }, ['primary', 1]],
    [
      'one told in the words of the app server',
      { primary: { usedPercent: 100, windowDurationMins: 300, resetsAt: S + HOUR_S } },
      ['five_hour', 1],
    ],
    [
      'one that opens in the future, of those that are used up',
      { primary: window(100, -1), secondary: window(100, 2, 10_080) },
      ['seven_day', 2],
    ],
  ])('is %s', (_name, limits, expected) => {
    expect(found(limits)).toEqual(expected);
  });

  it.each([
    [undefined],
    [null],
    ['full'],
    [{}],
    [{ primary: window(99, 1), secondary: window(40, 50) }],
    [{ primary: window(100, -1) }],
    [{ primary: { used_percent: 100 } }],
    [{ primary: { used_percent: 100, resets_at: 0 } }],
    [{ primary: { used_percent: '100', resets_at: S + HOUR_S } }],
    [{ rate_limit_reached_type: 'primary' }],
    [{ rate_limit_reached_type: 'primary', primary: { resets_at: S + HOUR_S } }],
  ])('is none in %j', (limits) => {
    expect(fullWindow(limits, NOON)).toBeUndefined();
  });

  it('says what it read, and from where', () => {
    expect(fullWindow({ primary: window(100, 1) }, NOON)?.reset).toEqual({
      atMs: NOON + HOUR_S * 1000,
      source: 'structured',
      raw: `primary.resets_at=${S + HOUR_S}`,
    });
  });
});

describe('reachedName', () => {
  it.each([
    [{ rate_limit_reached_type: 'primary' }, 'primary'],
    [{ rateLimitReachedType: 'secondary' }, 'secondary'],
    [{ rate_limit_reached_type: null }, undefined],
    [{}, undefined],
  ])('in %j: %p', (limits, name) => {
    expect(reachedName(limits)).toBe(name);
  });
});
