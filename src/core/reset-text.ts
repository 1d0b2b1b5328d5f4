import type { EpochMs, Reset } from './stop.js';

/** Where a clock text is anchored: the instant of its record, and the zone where the text names none. */
export type ResetAnchor = Readonly<{ atMs: EpochMs; zone: string }>;

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** A bare time that lies so little behind its record was cut to the minute, not meant for tomorrow. */
const CUT_TO_MINUTE_MS = 15 * MINUTE_MS;

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const TIME = String.raw`(?<hour>\d{1,2})(?::(?<minute>\d{2}))?\s*(?<half>[ap]\.?m\.?)?`;
const DATE = String.raw`(?<month>[a-z]{3})[a-z]*\.? (?<day>\d{1,2})(?:st|nd|rd|th)?(?:,? (?<year>\d{4}))?`;
const ZONE = String.raw`(?:\s*\((?<zone>[^)]+)\))?`;
const CLOCK = new RegExp(String.raw`resets?(?: at)?:? (?:${DATE}(?:,| at)? )?${TIME}${ZONE}`, 'i');

/**
 * The reset a text states ("resets 2pm (UTC)", "resets Nov 23, 1:56pm (UTC)", "resets Jan 3, 2027, 6:13pm
 * (Asia/Kolkata)"), or undefined. Grammar of Claude Code 2.1.197 and 2.1.330; seconds are cut there.
 */
export function parseResetText(text: string, anchor: ResetAnchor): Reset | undefined {
  const groups = CLOCK.exec(text.replace(/\s+/g, ' '))?.groups;
  if (groups === undefined) return undefined;
  const time = timeOf(groups);
  if (time === undefined) return undefined;
  const zone = validZone(groups['zone']) ?? anchor.zone;
  const atMs =
    groups['month'] === undefined
      ? nextTime(time, zone, anchor.atMs)
      : dated(groups, groups['month'], time, zone, anchor.atMs);
  return atMs === undefined ? undefined : { atMs, source: 'text', raw: text.slice(0, 200) };
}

type Groups = Readonly<Record<string, string | undefined>>;
type Time = Readonly<{ hour: number; minute: number }>;

function timeOf(groups: Groups): Time | undefined {
  const half = groups['half']?.toLowerCase().replaceAll('.', '');
  const hour = Number(groups['hour']);
  const minute = Number(groups['minute'] ?? '0');
  if (half === undefined && groups['minute'] === undefined) return undefined;
  if (minute > 59 || hour > (half === undefined ? 23 : 12) || (half !== undefined && hour === 0))
    return undefined;
  if (half === undefined) return { hour, minute };
  return { hour: (hour % 12) + (half === 'pm' ? 12 : 0), minute };
}

function nextTime(time: Time, zone: string, anchorMs: EpochMs): EpochMs {
  const today = dayIn(zone, anchorMs);
  const sameDay = instantOf(today, time, zone);
  const next = sameDay > anchorMs ? sameDay : instantOf(shiftDay(today, 1), time, zone);
  const previous = sameDay > anchorMs ? instantOf(shiftDay(today, -1), time, zone) : sameDay;
  return anchorMs - previous < CUT_TO_MINUTE_MS ? previous : next;
}

function dated(
  groups: Groups,
  name: string,
  time: Time,
  zone: string,
  anchorMs: EpochMs,
): EpochMs | undefined {
  const month = MONTHS.indexOf(name.toLowerCase()) + 1;
  const day = Number(groups['day']);
  if (month === 0 || day < 1 || day > 31) return undefined;
  if (groups['year'] !== undefined)
    return instantOf({ year: Number(groups['year']), month, day }, time, zone);
  const { year } = dayIn(zone, anchorMs);
  const thisYear = instantOf({ year, month, day }, time, zone);
  return thisYear > anchorMs - DAY_MS ? thisYear : instantOf({ year: year + 1, month, day }, time, zone);
}

type Day = Readonly<{ year: number; month: number; day: number }>;

function shiftDay({ year, month, day }: Day, days: number): Day {
  const shifted = new Date(Date.UTC(year, month - 1, day + days));
  return { year: shifted.getUTCFullYear(), month: shifted.getUTCMonth() + 1, day: shifted.getUTCDate() };
}

function validZone(zone: string | undefined): string | undefined {
  if (zone === undefined) return undefined;
  try {
    formatter(zone);
    return zone;
  } catch {
    return undefined;
  }
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formatters.set(zone, made);
  return made;
}

/** The wall clock of a zone at an instant, written as if it were UTC. */
function wallMs(zone: string, atMs: EpochMs): number {
  const part: Record<string, number> = {};
  for (const { type, value } of formatter(zone).formatToParts(atMs)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

function dayIn(zone: string, atMs: EpochMs): Day {
  const wall = new Date(wallMs(zone, atMs));
  return { year: wall.getUTCFullYear(), month: wall.getUTCMonth() + 1, day: wall.getUTCDate() };
}

/** The instant at which a zone's clocks show that time; in the gap of a spring change the time after it. */
function instantOf({ year, month, day }: Day, { hour, minute }: Time, zone: string): EpochMs {
  const wanted = Date.UTC(year, month - 1, day, hour, minute);
  const offsetBefore = offsetMs(zone, wanted - DAY_MS);
  const offsetAfter = offsetMs(zone, wanted + DAY_MS);
  const early = wanted - Math.max(offsetBefore, offsetAfter);
  const candidates = [early, wanted - Math.min(offsetBefore, offsetAfter)];
  return candidates.find((atMs) => wallMs(zone, atMs) === wanted) ?? wanted - offsetBefore;
}

function offsetMs(zone: string, atMs: EpochMs): number {
  return wallMs(zone, atMs) - Math.floor(atMs / 1000) * 1000;
}
