import { DURATION, durationMs, endOf } from './duration-text.js';
import type { EpochMs, Reset, ResetSource } from './stop.js';
import { dayIn, instantsOf, isDay, isZone, shiftDay, type ClockTime, type Day } from './zoned-time.js';

/** Where a clock text is anchored: the instant of its record, and the zone where the text names none. */
export type ResetAnchor = Readonly<{ atMs: EpochMs; zone: string }>;

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** A bare time that lies so little behind its record was cut to the minute, not meant for tomorrow. */
const CUT_TO_MINUTE_MS = 15 * MINUTE_MS;
/** Behind it the platform's calendar ends. */
const MAX_ANCHOR_MS = 8e15;
const MAX_TEXT_CHARS = 4000;
const MAX_RAW_CHARS = 120;
const WEEK_DAYS = 7;

/** Words that announce when a limit lifts, and words that only announce the next try. */
const LIFTS = String.raw`\b(?:resets?|reset(?:ting)?|refresh(?:es)?|renews?|lifts?|available(?: again)?|replenish(?:es)?)`;
const TRIES = String.raw`\b(?:try(?:ing)? again|retry(?:ing|[- ]?after|[- ]?delay)?|continu(?:e|es|ing)(?: automatically)?|resum(?:e|es|ing)|wait(?:ing)?|come back)`;
/** What may stand between such a word and its time. */
const FILLER = String.raw`(?:[\s:="'(│|]|\bat\b|\bon\b|\bin\b|\bafter\b|\buntil\b|\btime\b|\bis\b|\bdate\b|\busing this model\b|~|about\b|approximately\b){0,8}`;
const LEAD = new RegExp(String.raw`(?:(?<lifts>${LIFTS})|${TRIES})${FILLER}`, 'gi');

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const MONTH = String.raw`(?<month>${MONTHS.join('|')})[a-z]*\.?`;
const DAY = String.raw`(?<day>\d{1,2})(?:st|nd|rd|th)?`;
const YEAR = String.raw`(?:,?\s+(?:de\s+)?(?<year>\d{4}))?`;
const WEEKDAY = String.raw`(?<weekday>${WEEKDAYS.join('|')})[a-z]*\.?,?`;
const TIME = String.raw`(?<hour>\d{1,2})(?::(?<minute>\d{2})(?::(?<second>\d{2}))?)?(?:\s*(?<half>[ap])\.?m\b\.?)?`;
const ZONE = String.raw`(?:\s*(?:\((?<zone>[^()]{1,40})\)|(?<bare>(?:UTC|GMT)(?:[+-]\d{1,2}(?::?\d{2})?)?|[A-Z]{3,4}|[A-Z][A-Za-z]+/[A-Z][A-Za-z_+-]+)\b))?`;
const JOIN = String.raw`(?:,?\s+(?:at\s+)?)`;

const here = (pattern: string, flags = 'iy'): RegExp => new RegExp(pattern, flags);
const EPOCH = here(String.raw`(?<epoch>\d{10}(?:\d{3})?)(?!\d)`);
const ISO = here(
  String.raw`(?<year>\d{4})[-/](?<isoMonth>\d{1,2})[-/](?<day>\d{1,2})(?:T|,?\s+(?:at\s+)?)${TIME}(?:\.\d+)?(?<offset>Z|[+-]\d{2}:?\d{2})?${ZONE}`,
);
const HTTP_DATE = here(
  String.raw`(?:[a-z]{3}, )(?<day>\d{2}) ${MONTH} (?<year>\d{4}) (?<hour>\d{2}):(?<minute>\d{2}):(?<second>\d{2}) (?<zone>GMT)`,
);
const DATED = here(
  String.raw`(?:${WEEKDAY}\s+)?(?:${MONTH}\s+${DAY}${YEAR}|${DAY.replace('day', 'firstDay')}\s+(?:de\s+)?${MONTH.replace('month', 'lastMonth')}${YEAR.replace('year', 'lastYear')})${JOIN}${TIME}${ZONE}`,
);
/** As American and as most other locales write it; which, the half of the day tells. */
const NUMERIC = here(
  String.raw`(?<first>\d{1,2})/(?<second_>\d{1,2})/(?<year>\d{4}),?\s+(?:at\s+)?${TIME}${ZONE}`,
);
const RELATIVE_DAY = here(String.raw`(?<near>today|tomorrow|tonight)${JOIN}${TIME}${ZONE}`);
const ON_WEEKDAY = here(String.raw`${WEEKDAY}${JOIN}${TIME}${ZONE}`);
const CLOCK = here(`${TIME}${ZONE}`);
const LASTS = here(DURATION);
/** The pipe form of early Claude Code: `Claude AI usage limit reached|1760000400`. */
const PIPED_EPOCH = /limit reached\s*\|\s*(\d{10}(?:\d{3})?)(?!\d)/i;

type Groups = Readonly<Record<string, string | undefined>>;
type Found = Readonly<{ atMs: EpochMs; source: ResetSource; raw: string; lifts: boolean; zoned: boolean }>;
type Instant = Readonly<{ atMs: EpochMs; zoned: boolean }>;

/**
 * The reset a text of an agent states, or undefined: nothing is made up. Reads clock times with and without date
 * ("resets Nov 23, 1:56pm (UTC)", "try again at Mar 20th, 2027 3:36 PM"), times of day names, ISO and HTTP dates,
 * epochs in seconds and milliseconds, and durations ("in 3 hours", "after 19h14m47s"). Of several the first
 * counts, which belongs to the limit that was hit; before it those that say when the limit lifts, and those that
 * name their zone.
 */
export function parseResetText(text: string, anchor: ResetAnchor): Reset | undefined {
  if (!(Math.abs(anchor.atMs) < MAX_ANCHOR_MS)) return undefined;
  const line = text.slice(0, MAX_TEXT_CHARS).replace(/[\s│]+/g, ' ');
  const piped = PIPED_EPOCH.exec(line);
  const pipedMs = epochMs(Number(piped?.[1]));
  if (piped !== null && pipedMs !== undefined) return { atMs: pipedMs, source: 'structured', raw: piped[0] };
  const found = candidates(line, anchor);
  const lifting = found.some(({ lifts }) => lifts) ? found.filter(({ lifts }) => lifts) : found;
  const zoned = lifting.some((each) => each.zoned) ? lifting.filter((each) => each.zoned) : lifting;
  const [first] = zoned;
  return first && { atMs: first.atMs, source: first.source, raw: first.raw };
}

/** Epoch seconds or milliseconds as milliseconds; undefined for what is no instant of this age. */
export function epochMs(value: number): EpochMs | undefined {
  const ms = value < 1e11 ? value * 1000 : value;
  return ms > 1e12 && ms < 1e13 ? ms : undefined;
}

function candidates(line: string, anchor: ResetAnchor): readonly Found[] {
  const found: Found[] = [];
  for (const lead of line.matchAll(LEAD)) {
    const from = lead.index + lead[0].length;
    const value = valueAt(line, from, anchor);
    if (value === undefined) continue;
    const raw = line.slice(lead.index, value.end).slice(0, MAX_RAW_CHARS);
    found.push({ ...value.reset, raw, lifts: lead.groups?.['lifts'] !== undefined });
  }
  return found;
}

type Value = Readonly<{ reset: Omit<Found, 'raw' | 'lifts'>; end: number }>;

function valueAt(line: string, from: number, anchor: ResetAnchor): Value | undefined {
  for (const [pattern, read, source] of READERS) {
    pattern.lastIndex = from;
    const match = pattern.exec(line);
    const instant = match && read({ ...match.groups, all: match[0] }, anchor);
    if (instant) return { reset: { ...instant, source }, end: from + match[0].length };
  }
  return undefined;
}

type Reader = (groups: Groups, anchor: ResetAnchor) => Instant | undefined;

const READERS: readonly (readonly [RegExp, Reader, ResetSource])[] = [
  [EPOCH, readEpoch, 'structured'],
  [ISO, readDated, 'text'],
  [HTTP_DATE, readDated, 'header'],
  [NUMERIC, readNumeric, 'text'],
  [DATED, readDated, 'text'],
  [RELATIVE_DAY, readNearDay, 'text'],
  [ON_WEEKDAY, readWeekday, 'text'],
  [LASTS, readDuration, 'relative'],
  [CLOCK, readClock, 'text'],
];

function readEpoch({ epoch }: Groups): Instant | undefined {
  const atMs = epochMs(Number(epoch));
  return atMs === undefined ? undefined : { atMs, zoned: true };
}

function readDuration({ all = '' }: Groups, anchor: ResetAnchor): Instant | undefined {
  const atMs = endOf(anchor.atMs, durationMs(all));
  return atMs === undefined ? undefined : { atMs, zoned: true };
}

function readClock(groups: Groups, anchor: ResetAnchor): Instant | undefined {
  return timed(groups, anchor, (time, zone) => nextAfter(daysAround(zone, anchor.atMs), time, zone, anchor));
}

function readNearDay(groups: Groups, anchor: ResetAnchor): Instant | undefined {
  const days = groups['near']?.toLowerCase() === 'tomorrow' ? 1 : 0;
  return timed(groups, anchor, (time, zone) =>
    nextAfter([shiftDay(dayIn(zone, anchor.atMs), days)], time, zone, anchor),
  );
}

function readWeekday(groups: Groups, anchor: ResetAnchor): Instant | undefined {
  const wanted = WEEKDAYS.indexOf(groups['weekday']?.toLowerCase() ?? '');
  return timed(groups, anchor, (time, zone) => {
    const today = dayIn(zone, anchor.atMs);
    const days = Array.from({ length: WEEK_DAYS + 1 }, (_, shift) => shiftDay(today, shift));
    return nextAfter(
      days.filter((day) => weekdayOf(day) === wanted),
      time,
      zone,
      anchor,
    );
  });
}

function readDated(groups: Groups, anchor: ResetAnchor): Instant | undefined {
  return timed(groups, anchor, (time, zone) => {
    const day = dayOf(groups, zone, anchor);
    return day && instantsOf(day, time, zone)[0];
  });
}

function readNumeric(groups: Groups, anchor: ResetAnchor): Instant | undefined {
  const [first, second] = [groups['first'], groups['second_']];
  const [month, day] = groups['half'] === undefined ? [second, first] : [first, second];
  return readDated({ ...groups, isoMonth: month, day }, anchor);
}

/** The day a text names; without a year, the one that is not long past. */
function dayOf(groups: Groups, zone: string, anchor: ResetAnchor): Day | undefined {
  const name = (groups['month'] ?? groups['lastMonth'])?.slice(0, 3).toLowerCase() ?? '';
  const month = groups['isoMonth'] === undefined ? MONTHS.indexOf(name) + 1 : Number(groups['isoMonth']);
  const day = Number(groups['day'] ?? groups['firstDay']);
  const stated = groups['year'] ?? groups['lastYear'];
  const { year: thisYear } = dayIn(zone, anchor.atMs);
  const years = stated === undefined ? [thisYear, thisYear + 1] : [Number(stated)];
  const isAhead = (candidate: Day): boolean =>
    stated !== undefined || instantsOf(candidate, { hour: 23, minute: 59 }, zone)[0] > anchor.atMs - DAY_MS;
  return years.map((year) => ({ year, month, day })).find((each) => isDay(each) && isAhead(each));
}

function timed(
  groups: Groups,
  anchor: ResetAnchor,
  place: (time: ClockTime, zone: string) => EpochMs | undefined,
): Instant | undefined {
  const time = timeOf(groups);
  if (time === undefined) return undefined;
  const zone = zoneOf(groups);
  const atMs = place(time, zone ?? anchor.zone);
  return atMs === undefined ? undefined : { atMs, zoned: zone !== undefined };
}

function timeOf(groups: Groups): ClockTime | undefined {
  const half = groups['half']?.toLowerCase();
  const [hour, minute, second] = ['hour', 'minute', 'second'].map((name) => Number(groups[name] ?? '0'));
  if (hour === undefined || minute === undefined || second === undefined) return undefined;
  // A bare number is no time of day.
  if (half === undefined && groups['minute'] === undefined) return undefined;
  if (minute > 59 || second > 59 || hour > (half === undefined ? 23 : 12)) return undefined;
  if (half === undefined) return { hour, minute, second };
  return hour === 0 ? undefined : { hour: (hour % 12) + (half === 'p' ? 12 : 0), minute, second };
}

/** Abbreviations that mean one offset only; the platform knows names, and few of these. */
const ABBREVIATIONS: Readonly<Record<string, string>> = {
  ...{ Z: 'UTC', PST: '-08:00', PDT: '-07:00', MST: '-07:00', MDT: '-06:00', CDT: '-05:00', EST: '-05:00' },
  ...{ EDT: '-04:00', CET: '+01:00', CEST: '+02:00', EET: '+02:00', EEST: '+03:00', JST: '+09:00' },
  ...{ KST: '+09:00', AEST: '+10:00', AEDT: '+11:00', NZST: '+12:00', NZDT: '+13:00' },
};

/** The zone a text names, as the platform knows it; undefined where it names none that there is. */
function zoneOf(groups: Groups): string | undefined {
  const given = (groups['zone'] ?? groups['bare'] ?? groups['offset'])?.trim();
  if (given === undefined) return undefined;
  const shifted = /^(?:UTC|GMT)?\s*(?<sign>[+-])(?<hours>\d{1,2}):?(?<minutes>\d{2})?$/i.exec(given)?.groups;
  const name =
    shifted === undefined
      ? (ABBREVIATIONS[given.toUpperCase()] ?? given)
      : `${shifted['sign']}${(shifted['hours'] ?? '').padStart(2, '0')}:${shifted['minutes'] ?? '00'}`;
  return isZone(name) ? name : undefined;
}

function daysAround(zone: string, atMs: EpochMs): readonly Day[] {
  const today = dayIn(zone, atMs);
  return [-1, 0, 1, 2].map((days) => shiftDay(today, days));
}

/** The first such instant that is not past, but for what cutting to the minute puts there. */
function nextAfter(
  days: readonly Day[],
  time: ClockTime,
  zone: string,
  anchor: ResetAnchor,
): EpochMs | undefined {
  const instants = days.flatMap((day) => instantsOf(day, time, zone));
  return instants.find((atMs) => atMs > anchor.atMs - CUT_TO_MINUTE_MS);
}

function weekdayOf({ year, month, day }: Day): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay();
}
