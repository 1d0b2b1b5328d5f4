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
    "You've hit your session limit",
    'resets tomorrow (Asia/Tokyo)',
    'resets 25:00 (UTC)',
    'resets 13pm (UTC)',
    'resets 5 (UTC)',
    'resets Foo 3, 6:13pm (UTC)',
  ])('invents nothing from "%s"', (text) => {
    expect(parseResetText(text, at('2026-11-22T12:00:00Z'))).toBeUndefined();
  });
});
