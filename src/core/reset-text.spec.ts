import { describe, expect, it } from '@jest/globals';
import { parseResetText } from './reset-text.js';

const at = (iso: string, zone = 'UTC') => ({ atMs: Date.parse(iso), zone });
const parsed = (text: string, anchor: { atMs: number; zone: string }) => {
  const reset = parseResetText(text, anchor);
  return reset && new Date(reset.atMs).toISOString();
};

describe('parseResetText', () => {
  it.each([
    [
      "You've hit your session limit · resets 1:52pm (UTC)",
      '2026-11-22T12:22:12Z',
      '2026-11-22T13:52:00.000Z',
    ],
    ['resets 2pm (UTC)', '2026-11-22T12:22:12Z', '2026-11-22T14:00:00.000Z'],
    ['resets 12am (UTC)', '2026-11-22T23:10:00Z', '2026-11-23T00:00:00.000Z'],
    ['resets 12:05pm (UTC)', '2026-11-22T11:10:00Z', '2026-11-22T12:05:00.000Z'],
    ['resets 7:30pm (Asia/Kolkata)', '2026-11-22T12:00:00Z', '2026-11-22T14:00:00.000Z'],
    ['resets at 1am (America/New_York)', '2026-11-22T23:00:00Z', '2026-11-23T06:00:00.000Z'],
    ['Resets at 3pm (UTC)', '2026-11-22T12:00:00Z', '2026-11-22T15:00:00.000Z'],
    ['resets 15:30 (UTC)', '2026-11-22T12:00:00Z', '2026-11-22T15:30:00.000Z'],
    ['resets Nov 25, 12:17pm (UTC)', '2026-11-22T12:22:12Z', '2026-11-25T12:17:00.000Z'],
    ['resets Nov 23, 1pm (UTC)', '2026-11-22T12:22:12Z', '2026-11-23T13:00:00.000Z'],
    ['resets Jan 3, 2027, 6:13pm (UTC)', '2026-12-30T12:00:00Z', '2027-01-03T18:13:00.000Z'],
    ['resets Jan 3, 6:13pm (UTC)', '2026-12-30T12:00:00Z', '2027-01-03T18:13:00.000Z'],
    ['resets Jul 4 at 12:30am (Asia/Calcutta)', '2026-07-01T08:39:15Z', '2026-07-03T19:00:00.000Z'],
  ])('%s at %s', (text, anchor, expected) => {
    expect(parsed(text, at(anchor))).toBe(expected);
  });

  it('takes a time just behind its record for one cut to the minute, not for tomorrow', () => {
    expect(parsed('resets 12:57pm (UTC)', at('2026-11-22T12:57:40Z'))).toBe('2026-11-22T12:57:00.000Z');
    expect(parsed('resets 11:59pm (UTC)', at('2026-11-23T00:00:30Z'))).toBe('2026-11-22T23:59:00.000Z');
  });

  it('takes a time well behind its record for tomorrow', () => {
    expect(parsed('resets 12:30pm (UTC)', at('2026-11-22T12:57:40Z'))).toBe('2026-11-23T12:30:00.000Z');
  });

  it('reads a time without a zone, or with one that does not exist, in the zone of the agent', () => {
    const anchor = at('2026-11-22T12:00:00Z', 'Europe/Zurich');
    expect(parsed('resets 8pm', anchor)).toBe('2026-11-22T19:00:00.000Z');
    expect(parsed('resets 8pm (Invalid/Timezone)', anchor)).toBe('2026-11-22T19:00:00.000Z');
  });

  it('is right on both sides of a clock change', () => {
    // Clocks in New York go back on 2026-11-01 at 06:00Z and forward on 2027-03-14 at 07:00Z.
    expect(parsed('resets 3am (America/New_York)', at('2026-11-01T04:00:00Z'))).toBe(
      '2026-11-01T08:00:00.000Z',
    );
    expect(parsed('resets 3am (America/New_York)', at('2027-03-14T05:00:00Z'))).toBe(
      '2027-03-14T07:00:00.000Z',
    );
    expect(parsed('resets 1:30am (America/New_York)', at('2026-11-01T04:00:00Z'))).toBe(
      '2026-11-01T05:30:00.000Z',
    );
  });

  it('gives the time after the gap for one that clocks skip', () => {
    expect(parsed('resets 2:30am (America/New_York)', at('2027-03-14T05:00:00Z'))).toBe(
      '2027-03-14T07:30:00.000Z',
    );
  });

  it.each([
    ['Claude AI usage limit reached|1760000400', '2025-10-09T09:00:00.000Z', 'structured'],
    ['usage limit reached|1760000400000', '2025-10-09T09:00:00.000Z', 'structured'],
    ['resets at 1790116800', '2026-09-22T22:40:00.000Z', 'structured'],
    ['Your limit will reset at 2026-06-06T15:00:00+09:00', '2026-06-06T06:00:00.000Z', 'text'],
    ['reset at 2026-04-11 20:30:24', '2026-04-11T20:30:24.000Z', 'text'],
    ['will refresh on 3/26/2026, 7:51:20 PM', '2026-03-26T19:51:20.000Z', 'text'],
    ['will refresh on 27/07/2026 23:15:31', '2026-07-27T23:15:31.000Z', 'text'],
    ['Retry-After: Wed, 25 Nov 2026 13:52:00 GMT', '2026-11-25T13:52:00.000Z', 'header'],
    ['try again at Mar 20th, 2027 3:36 PM.', '2027-03-20T15:36:00.000Z', 'text'],
    ['resets 12 Mar 2027, 15:36', '2027-03-12T15:36:00.000Z', 'text'],
    ['resets tomorrow at 9am', '2026-11-23T09:00:00.000Z', 'text'],
    ['resets Mon 12:00am', '2026-11-23T00:00:00.000Z', 'text'],
    ['resets Sunday 11am', '2026-11-29T11:00:00.000Z', 'text'],
    ['resets 5pm PST', '2026-11-23T01:00:00.000Z', 'text'],
    ['resets 5pm (UTC+2)', '2026-11-22T15:00:00.000Z', 'text'],
    ['continuing automatically at 7pm', '2026-11-22T19:00:00.000Z', 'text'],
    ['Stop and wait for limit to reset (3pm)', '2026-11-22T15:00:00.000Z', 'text'],
    ['Please try again in 11.054s.', '2026-11-22T12:00:11.054Z', 'relative'],
    ['retry in 1500 milliseconds', '2026-11-22T12:00:01.500Z', 'relative'],
    ['reset after 19h14m47s', '2026-11-23T07:14:47.000Z', 'relative'],
    ['resets in 4d 17h', '2026-11-27T05:00:00.000Z', 'relative'],
    ['Refreshes in 6 days and 18 hours', '2026-11-29T06:00:00.000Z', 'relative'],
    ['resets 3:45pm (weekly resets Mon 12:00am)', '2026-11-22T15:45:00.000Z', 'text'],
    ['continuing at 8am · resets 8am (America/New_York)', '2026-11-22T13:00:00.000Z', 'text'],
    ['try again at\n 3:34 PM', '2026-11-22T15:34:00.000Z', 'text'],
  ])('%s', (text, expected, source) => {
    const reset = parseResetText(text, at('2026-11-22T12:00:00Z'));
    expect({ at: reset && new Date(reset.atMs).toISOString(), source: reset?.source }).toEqual({
      at: expected,
      source,
    });
  });

  it.each([NaN, Infinity, 1e300, -8.64e15, 8.64e15])(
    'reads nothing at no time at all, such as %d',
    (atMs) => {
      for (const text of ['resets 3pm (UTC)', 'resets in 5s', 'resets Mon 12:00am'])
        expect(parseResetText(text, { atMs, zone: 'UTC' })).toBeUndefined();
    },
  );

  it.each([
    "You've hit your session limit",
    'resets tomorrow (Asia/Tokyo)',
    'resets 25:00 (UTC)',
    'resets 13pm (UTC)',
    'resets 5 (UTC)',
    'resets Foo 3, 6:13pm (UTC)',
    'resets Feb 30, 6:13pm (UTC)',
    'try again in a few minutes',
    'try again later',
    'usage limit reached|12345',
    'usage limit reached|0000000001',
    'resets in 9999999 weeks 9999999 weeks',
    'resets in 5 files',
    'at 3pm we reset nothing',
    'presets 3pm',
  ])('invents nothing from "%s"', (text) => {
    expect(parseResetText(text, at('2026-11-22T12:00:00Z'))).toBeUndefined();
  });
});
