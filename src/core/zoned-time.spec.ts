import { describe, expect, it } from '@jest/globals';
import { seeded } from '../../test/support/seeded.js';
import { dayIn, instantsOf, isDay, isZone, shiftDay } from './zoned-time.js';

const on = (date: string) => {
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number);
  return { year, month, day };
};
const clock = (time: string) => {
  const [hour = 0, minute = 0, second = 0] = time.split(':').map(Number);
  return { hour, minute, second };
};
const instants = (date: string, time: string, zone: string) =>
  instantsOf(on(date), clock(time), zone).map((atMs) => new Date(atMs).toISOString());

/** What the clocks of a zone show, by the platform alone. */
const shown = (zone: string, atMs: number) =>
  new Date(atMs).toLocaleString('sv-SE', { timeZone: zone }).replace(' ', 'T');

describe('instantsOf', () => {
  it.each([
    ['an ordinary time', '2026-11-22', '13:52', 'UTC', ['2026-11-22T13:52:00.000Z']],
    ['half an hour off', '2026-11-22', '19:30:15', 'Asia/Kolkata', ['2026-11-22T14:00:15.000Z']],
    ['an offset', '2026-11-22', '13:52', '-05:30', ['2026-11-22T19:22:00.000Z']],
    ['before clocks go back', '2026-10-25', '01:59:59', 'Europe/Zurich', ['2026-10-24T23:59:59.000Z']],
    [
      'shown twice',
      '2026-10-25',
      '02:30',
      'Europe/Zurich',
      ['2026-10-25T00:30:00.000Z', '2026-10-25T01:30:00.000Z'],
    ],
    ['after they went back', '2026-10-25', '03:00', 'Europe/Zurich', ['2026-10-25T02:00:00.000Z']],
    ['the last before a skip', '2027-03-14', '01:59:59', 'America/New_York', ['2027-03-14T06:59:59.000Z']],
    ['the first that is skipped', '2027-03-14', '02:00', 'America/New_York', ['2027-03-14T07:00:00.000Z']],
    ['skipped', '2027-03-14', '02:30', 'America/New_York', ['2027-03-14T07:30:00.000Z']],
    ['the first behind a skip', '2027-03-14', '03:00', 'America/New_York', ['2027-03-14T07:00:00.000Z']],
    [
      'twice by half an hour',
      '2026-04-05',
      '01:45',
      'Australia/Lord_Howe',
      ['2026-04-04T14:45:00.000Z', '2026-04-04T15:15:00.000Z'],
    ],
    ['skipped by half an hour', '2026-10-04', '02:15', 'Australia/Lord_Howe', ['2026-10-03T15:45:00.000Z']],
    ['at midnight, skipped', '2026-09-06', '00:30', 'America/Santiago', ['2026-09-06T04:30:00.000Z']],
    ['on a day that was skipped', '2011-12-30', '12:00', 'Pacific/Apia', ['2011-12-30T22:00:00.000Z']],
    ['on the last of a leap month', '2028-02-29', '00:00', 'Asia/Tokyo', ['2028-02-28T15:00:00.000Z']],
  ])('%s', (_name, date, time, zone, expected) => {
    expect(instants(date, time, zone)).toEqual(expected);
  });

  it('gives instants at which the clocks of the zone show that time, or skip it, in all zones', () => {
    const random = seeded(11);
    const zones = Intl.supportedValuesOf('timeZone');
    const from = Date.UTC(2020, 0, 1);
    for (let count = 0; count < 4000; count += 1) {
      const zone = zones[Math.floor(random() * zones.length)] ?? 'UTC';
      const wall = new Date(from + Math.floor(random() * 20 * 365 * 86_400) * 1000);
      const [date = '', time = ''] = wall.toISOString().slice(0, 19).split('T');
      const found = instantsOf(on(date), clock(time), zone);
      const [first, second] = found;
      const asked = `${date}T${time}`;
      if (second !== undefined) expect(second).toBeGreaterThan(first);
      const isShown = found.every((atMs) => shown(zone, atMs) === asked);
      // A skipped time: the clocks jump over it within the last hours before.
      const isSkipped = shown(zone, first) > asked && shown(zone, first - 3 * 3_600_000) < asked;
      expect({ zone, asked, right: isShown || isSkipped }).toEqual({ zone, asked, right: true });
    }
  });
});

describe('days', () => {
  it.each([
    ['UTC', '2026-11-22T23:59:59Z', '2026-11-22'],
    ['Asia/Tokyo', '2026-11-22T15:00:00Z', '2026-11-23'],
    ['America/New_York', '2027-01-01T04:59:59Z', '2026-12-31'],
    ['Pacific/Kiritimati', '2026-12-31T10:00:00Z', '2027-01-01'],
  ])('in %s it is at %s the %s', (zone, at, day) => {
    expect(dayIn(zone, Date.parse(at))).toEqual(on(day));
  });

  it.each([
    ['2026-11-30', 1, '2026-12-01'],
    ['2026-12-31', 1, '2027-01-01'],
    ['2027-01-01', -1, '2026-12-31'],
    ['2028-02-28', 1, '2028-02-29'],
    ['2027-02-28', 1, '2027-03-01'],
    ['2026-11-22', 0, '2026-11-22'],
  ])('%s and %d days is %s', (day, days, expected) => {
    expect(shiftDay(on(day), days)).toEqual(on(expected));
  });

  it.each([
    ['2028-02-29', true],
    ['2027-02-29', false],
    ['2026-11-31', false],
    ['2026-13-01', false],
    ['2026-00-10', false],
    ['2026-01-00', false],
  ])('that %s is a day is %s', (day, isOne) => {
    expect(isDay(on(day))).toBe(isOne);
  });
});

describe('isZone', () => {
  it.each(['UTC', 'Europe/Zurich', 'europe/zurich', '+05:30', '-08:00'])('%s is one', (zone) => {
    expect(isZone(zone)).toBe(true);
  });
  it.each(['', 'Invalid/Timezone', 'session', '5h', '+25:00'])('"%s" is none', (zone) => {
    expect(isZone(zone)).toBe(false);
  });
});
