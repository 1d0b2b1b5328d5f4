import { describe, expect, it } from '@jest/globals';
import { seeded } from '../../test/support/seeded.js';
import { parseResetText } from './reset-text.js';

const ZONES = [
  ...Intl.supportedValuesOf('timeZone'),
  'UTC',
  'Etc/GMT+5',
  'Etc/GMT-14',
  'America/Buenos_Aires',
];
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const SEED = 20_261_124;
const PER_ZONE = 12;

const cut = (atMs: number): number => atMs - (atMs % MINUTE_MS);

const formats = new Map<string, Intl.DateTimeFormat>();

/** What a clock of the zone shows, by the platform's own formatting. */
function parts(atMs: number, timeZone: string): Record<string, string> {
  let format = formats.get(timeZone);
  if (format === undefined) {
    const date = { year: 'numeric', month: 'short', day: 'numeric' } as const;
    const time = { hour: 'numeric', minute: '2-digit', hourCycle: 'h12' } as const;
    format = new Intl.DateTimeFormat('en-US', { timeZone, ...date, ...time });
    formats.set(timeZone, format);
  }
  return Object.fromEntries(format.formatToParts(atMs).map(({ type, value }) => [type, value]));
}

const clock = ({ hour, minute, dayPeriod }: Record<string, string>): string =>
  `${hour}${minute === '00' ? '' : `:${minute}`}${dayPeriod?.toLowerCase()}`;

const shows = (a: number, b: number, zone: string): boolean =>
  JSON.stringify(parts(a, zone)) === JSON.stringify(parts(b, zone));

/** True where the clocks of a zone show the time of an instant a second time within a day. */
function isAmbiguous(atMs: number, zone: string): boolean {
  const hours = [0.5, 1, 1.5, 2, 3, 24].flatMap((hours) => [hours, -hours]);
  return hours.some((hours) => shows(atMs, atMs + hours * HOUR_MS, zone));
}

describe('parseResetText, in every zone', () => {
  const random = seeded(SEED);
  const from = Date.parse('2026-01-01T00:00:00Z');
  const anywhen = (): number => from + random() * 2 * 365 * DAY_MS;

  it('finds the next such time within a day of its record, on both sides of midnight', () => {
    for (const zone of ZONES)
      for (let round = 0; round < PER_ZONE; round += 1) {
        const atMs = anywhen();
        const resetMs = cut(atMs + MINUTE_MS + random() * (DAY_MS - 2 * HOUR_MS));
        if (isAmbiguous(resetMs, zone)) continue;
        const text = `You've hit your session limit · resets ${clock(parts(resetMs, zone))} (${zone})`;
        const found = parseResetText(text, { atMs, zone: 'UTC' });
        expect({ text, atMs, found: found?.atMs }).toEqual({ text, atMs, found: resetMs });
      }
  });

  it('finds a dated time, with a year or without, up to months ahead', () => {
    for (const zone of ZONES)
      for (let round = 0; round < PER_ZONE; round += 1) {
        const atMs = anywhen();
        const resetMs = cut(atMs + DAY_MS + random() * 200 * DAY_MS);
        if (isAmbiguous(resetMs, zone)) continue;
        const at = parts(resetMs, zone);
        const year = round % 2 === 0 ? `, ${at['year']}` : '';
        const text = `resets ${at['month']} ${at['day']}${year}, ${clock(at)} (${zone})`;
        const found = parseResetText(text, { atMs, zone: 'UTC' });
        expect({ text, atMs, found: found?.atMs }).toEqual({ text, atMs, found: resetMs });
      }
  });

  it('reads a time without a zone in the zone of the reader', () => {
    for (const zone of ZONES) {
      const atMs = anywhen();
      const resetMs = cut(atMs + HOUR_MS + random() * 20 * HOUR_MS);
      if (isAmbiguous(resetMs, zone)) continue;
      const text = `try again at ${clock(parts(resetMs, zone))}`;
      expect(parseResetText(text, { atMs, zone })?.atMs).toBe(resetMs);
    }
  });

  it('takes the time of a change of clocks for one that the clocks show, never one in the past', () => {
    for (const zone of ZONES)
      for (const changeMs of changesOf(zone)) {
        for (const minutes of [-90, -30, -1, 0, 1, 30, 59, 60, 90]) {
          const resetMs = cut(changeMs + minutes * MINUTE_MS);
          const atMs = resetMs - 4 * HOUR_MS;
          const found = parseResetText(`resets ${clock(parts(resetMs, zone))} (${zone})`, {
            atMs,
            zone: 'UTC',
          });
          expect(found !== undefined && shows(found.atMs, resetMs, zone) && found.atMs > atMs).toBe(true);
        }
      }
  });

  it('takes a duration for just that', () => {
    for (let round = 0; round < 2000; round += 1) {
      const [days, hours, minutes, seconds] = [10, 24, 60, 60].map((below) => Math.floor(random() * below));
      const totalMs =
        (((days ?? 0) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * MINUTE_MS + (seconds ?? 0) * 1000;
      const words = [
        `in ${days} days ${hours} hours ${minutes} minutes and ${seconds} seconds`,
        `in ${days}d ${hours}h ${minutes}m ${seconds}s`,
        `after ${days}d${hours}h${minutes}m${seconds}s`,
      ];
      for (const text of words)
        expect(parseResetText(`resets ${text}`, { atMs: from, zone: 'UTC' })).toMatchObject({
          atMs: from + totalMs,
          source: 'relative',
        });
    }
  });
});

/** The instants in 2026 and 2027 at which a zone's clocks are set, found by the hour. */
function changesOf(zone: string): readonly number[] {
  const offset = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  const offsetAt = (atMs: number): string => offset.format(atMs).split(', ')[1] ?? '';
  const changes: number[] = [];
  for (
    let dayMs = Date.parse('2026-01-01T00:00:00Z');
    dayMs < Date.parse('2027-12-31T00:00:00Z');
    dayMs += DAY_MS
  ) {
    if (offsetAt(dayMs) === offsetAt(dayMs + DAY_MS)) continue;
    let [low, high] = [dayMs, dayMs + DAY_MS];
    while (high - low > MINUTE_MS) {
      const middle = cut((low + high) / 2);
      if (offsetAt(middle) === offsetAt(dayMs)) low = middle;
      else high = middle;
    }
    changes.push(high);
  }
  return changes;
}
