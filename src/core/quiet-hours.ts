import type { EpochMs } from './stop.js';
import { dayIn, instantsOf, shiftDay, type ClockTime, type Day } from './zoned-time.js';

/** A span of each day by the clocks of a zone; one that ends before it begins goes on into the next day. */
export type QuietHours = Readonly<{ from: ClockTime; to: ClockTime }>;

const SPAN = /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$/;

/** Reads `22:00-07:00`; undefined for what is no span of a day. */
export function parseQuietHours(text: string): QuietHours | undefined {
  const [, fromHour, fromMinute, toHour, toMinute] = SPAN.exec(text.trim()) ?? [];
  if (fromHour === undefined || (fromHour === toHour && fromMinute === toMinute)) return undefined;
  return {
    from: { hour: Number(fromHour), minute: Number(fromMinute) },
    to: { hour: Number(toHour), minute: Number(toMinute) },
  };
}

/**
 * When the quiet hours an instant lies in are over; undefined where it lies in none. Spans that follow each other are
 * one; where they leave no time of the day, the end of the last is told, and asking then tells the next.
 */
export function quietUntil(hours: readonly QuietHours[], zone: string, atMs: EpochMs): EpochMs | undefined {
  let untilMs: EpochMs | undefined;
  for (let hop = 0; hop <= hours.length; hop += 1) {
    const endMs = endOfSpanAt(hours, zone, untilMs ?? atMs);
    if (endMs === undefined) return untilMs;
    untilMs = endMs;
  }
  return untilMs;
}

function endOfSpanAt(hours: readonly QuietHours[], zone: string, atMs: EpochMs): EpochMs | undefined {
  const today = dayIn(zone, atMs);
  const ends = hours.flatMap((span) =>
    [shiftDay(today, -1), today]
      .map((day) => instantsIn(span, day, zone))
      .filter(({ startMs, endMs }) => startMs <= atMs && atMs < endMs)
      .map(({ endMs }) => endMs),
  );
  return ends.length === 0 ? undefined : Math.max(...ends);
}

/** Where clocks are set back over a limit of the span, the longer span counts. */
function instantsIn({ from, to }: QuietHours, day: Day, zone: string): { startMs: EpochMs; endMs: EpochMs } {
  const endsNextDay = to.hour * 60 + to.minute <= from.hour * 60 + from.minute;
  const ends = instantsOf(endsNextDay ? shiftDay(day, 1) : day, to, zone);
  return { startMs: instantsOf(day, from, zone)[0], endMs: Math.max(...ends) };
}
