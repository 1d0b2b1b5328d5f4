import { describe, expect, it } from '@jest/globals';
import { ago, clock, countdown, duration, folderName, localized, shortId } from './format.js';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

describe('a countdown', () => {
  it.each([
    [-5, '00:00'],
    [1, '00:01'],
    [59_001, '01:00'],
    [249 * SECOND_MS, '04:09'],
    [2 * HOUR_MS + 14 * MINUTE_MS + 9 * SECOND_MS, '2:14:09'],
    [4 * DAY_MS + 3 * HOUR_MS + 12 * MINUTE_MS, '4d 03:12'],
  ])('of %d ms shows %s', (ms, text) => expect(countdown(ms)).toBe(text));
});

describe('a duration', () => {
  it.each([
    [0, '0 s'],
    [420, '420 ms'],
    [90 * SECOND_MS, '90 s'],
    [3 * MINUTE_MS, '3 min'],
    [2 * HOUR_MS + 14 * MINUTE_MS, '2 h 14 min'],
    [4 * DAY_MS, '4 d'],
  ])('of %d ms is %s', (ms, text) => expect(duration(ms)).toBe(text));
});

describe('how long ago', () => {
  it.each([
    [0, 'now'],
    [30 * SECOND_MS, '30 s ago'],
    [3 * MINUTE_MS, '3 min ago'],
    [5 * HOUR_MS, '5 h ago'],
    [2 * DAY_MS, '2 d ago'],
  ])('%d ms is %s', (ms, text) => expect(ago(ms)).toBe(text));
});

describe('instants', () => {
  const now = new Date(2026, 10, 22, 12, 0);
  const today = new Date(2026, 10, 22, 18, 5);
  const later = new Date(2026, 10, 29, 9, 0);

  it('are told without the date where it is today', () => {
    expect(clock(today.toISOString(), now.getTime())).toBe('18:05');
    expect(clock(later.toISOString(), now.getTime())).toMatch(/29.*09:00/);
  });

  it('are told in the sentences of the service, too', () => {
    const text = `usage_limit until ${today.toISOString()} (its words)`;
    expect(localized(text, now.getTime())).toBe('usage_limit until 18:05 (its words)');
  });
});

it('names a folder by its last part, and shortens what only looks like a name', () => {
  expect(folderName('/home/dev/checkout-api/')).toBe('checkout-api');
  expect(folderName(null)).toBeUndefined();
  expect(shortId('6032b6a6-ac1b-4dda-ba10-3b56d954cce0')).toBe('6032b6a6');
  expect(shortId('ses_1')).toBe('ses_1');
});
