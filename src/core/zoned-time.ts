import type { EpochMs } from './stop.js';

const DAY_MS = 86_400_000;

/** A day of the calendar, its month counted from 1. */
export type Day = Readonly<{ year: number; month: number; day: number }>;
/** A time as clocks show it, 24 hours. */
export type ClockTime = Readonly<{ hour: number; minute: number; second?: number }>;

/** True for a zone the platform knows: an IANA name, or an offset such as `+05:30`. */
export function isZone(zone: string): boolean {
  try {
    formatter(zone);
    return true;
  } catch {
    return false;
  }
}

/** True for a day there is: no 31st of a short month. */
export function isDay({ year, month, day }: Day): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

export function shiftDay({ year, month, day }: Day, days: number): Day {
  return dayOf(Date.UTC(year, month - 1, day + days));
}

/** The day it is in a zone at an instant. */
export function dayIn(zone: string, atMs: EpochMs): Day {
  return dayOf(wallMs(zone, atMs));
}

/**
 * The instants at which the clocks of a zone show a time of a day, the earliest first: one; two where they are set
 * back over it; where they skip it, the one instant that lies as far behind the skip as the time lies in it.
 */
export function instantsOf(day: Day, time: ClockTime, zone: string): readonly [EpochMs, ...EpochMs[]] {
  const wanted = Date.UTC(day.year, day.month - 1, day.day, time.hour, time.minute, time.second ?? 0);
  const offsetBefore = offsetMs(zone, wanted - DAY_MS);
  const offsetAfter = offsetMs(zone, wanted + DAY_MS);
  const early = wanted - Math.max(offsetBefore, offsetAfter);
  const late = wanted - Math.min(offsetBefore, offsetAfter);
  const [first, ...others] = [early, late].filter((atMs) => wallMs(zone, atMs) === wanted);
  if (first === undefined) return [wanted - offsetBefore];
  return others[0] === undefined || others[0] === first ? [first] : [first, others[0]];
}

function dayOf(wall: number): Day {
  const date = new Date(wall);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

/** As many as there are zones: names that are none are not kept. */
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

function offsetMs(zone: string, atMs: EpochMs): number {
  return wallMs(zone, atMs) - Math.floor(atMs / 1000) * 1000;
}
