import { describe, expect, it } from '@jest/globals';
import { parseQuietHours, quietUntil, type QuietHours } from './quiet-hours.js';
import { iso } from './stop.js';

const hours = (...texts: readonly string[]): QuietHours[] =>
  texts.map((text) => parseQuietHours(text)).filter((span) => span !== undefined);

/** The end of the quiet hours at an instant, as text. */
function until(spans: readonly string[], zone: string, at: string): string | undefined {
  const untilMs = quietUntil(hours(...spans), zone, Date.parse(at));
  return untilMs === undefined ? undefined : iso(untilMs);
}

describe('parseQuietHours', () => {
  it.each(['22:00-07:00', '00:00-06:30', ' 12:00-13:00 '])('reads %j', (text) => {
    expect(parseQuietHours(text)).toBeDefined();
  });

  it.each(['', '22-7', '7:00-8:00', '24:00-07:00', '22:60-07:00', '22:00-22:00', '22:00 - 07:00', 'night'])(
    'refuses %j',
    (text) => {
      expect(parseQuietHours(text)).toBeUndefined();
    },
  );
});

describe('quietUntil', () => {
  it.each([
    ['in the evening', '2026-11-22T22:30:00Z', '2026-11-23T07:00:00.000Z'],
    ['after midnight', '2026-11-23T03:00:00Z', '2026-11-23T07:00:00.000Z'],
    ['at its begin', '2026-11-22T22:00:00Z', '2026-11-23T07:00:00.000Z'],
    ['at its end', '2026-11-23T07:00:00Z', undefined],
    ['by day', '2026-11-22T12:00:00Z', undefined],
  ])('%s of a span over midnight', (_when, at, end) => {
    expect(until(['22:00-07:00'], 'UTC', at)).toBe(end);
  });

  it('goes by the clocks of its zone', () => {
    expect(until(['22:00-07:00'], 'Asia/Tokyo', '2026-11-22T13:30:00Z')).toBe('2026-11-22T22:00:00.000Z');
  });

  it('takes spans that follow each other for one', () => {
    expect(until(['22:00-02:00', '02:00-07:00'], 'UTC', '2026-11-22T23:00:00Z')).toBe(
      '2026-11-23T07:00:00.000Z',
    );
  });

  it('tells an end also where no hour is left', () => {
    expect(until(['00:00-12:00', '12:00-00:00'], 'UTC', '2026-11-22T09:00:00Z')).toBeDefined();
  });

  it('is an hour shorter or longer in the night the clocks are set', () => {
    // Berlin: on March 28, 2027 from 2:00 to 3:00, on October 31, 2027 from 3:00 back to 2:00.
    expect(until(['22:00-07:00'], 'Europe/Berlin', '2027-03-27T21:00:00Z')).toBe('2027-03-28T05:00:00.000Z');
    expect(until(['22:00-07:00'], 'Europe/Berlin', '2027-10-30T20:00:00Z')).toBe('2027-10-31T06:00:00.000Z');
  });

  it('ends behind a time that the clocks skip, and at the second of one they show twice', () => {
    expect(until(['22:00-02:30'], 'Europe/Berlin', '2027-03-27T23:00:00Z')).toBe('2027-03-28T01:30:00.000Z');
    expect(until(['22:00-02:30'], 'Europe/Berlin', '2027-10-31T00:45:00Z')).toBe('2027-10-31T01:30:00.000Z');
  });
});
