import type { EpochMs } from './stop.js';

const UNIT_MS: readonly (readonly [RegExp, number])[] = [
  [/^(?:ms|milli)/, 1],
  [/^s/, 1000],
  [/^m/, 60_000],
  [/^h/, 3_600_000],
  [/^d/, 86_400_000],
  [/^w/, 604_800_000],
];

/** Nothing that lifts by itself takes longer: ten years. */
const MAX_WAIT_MS = 3650 * 86_400_000;
/** The platform knows no later instant. */
const MAX_INSTANT_MS = 8.64e15;

const UNIT = 'weeks?|w|days?|d|hours?|hrs?|h|minutes?|mins?|min|milliseconds?|ms|m|seconds?|secs?|sec|s';
const AMOUNT = String.raw`\d{1,7}(?:\.\d{1,12})?`;
const PART = String.raw`${AMOUNT}\s*(?:${UNIT})(?![a-z])`;
/** One or more amounts with their units: `45 minutes`, `2h5m`, `6 days and 18 hours`, `11.054s`. */
export const DURATION = String.raw`(?<![\d.])${PART}(?:[\s,]*(?:and\s+)?${PART}){0,5}`;

const PARTS = new RegExp(String.raw`(\d+(?:\.\d+)?)\s*(${UNIT})(?![a-z])`, 'gi');

/** The instant a wait is over; undefined for a length that is none, such as one below zero or beyond all measure. */
export function endOf(sinceMs: EpochMs, waitMs: number): EpochMs | undefined {
  const atMs = sinceMs + waitMs;
  return waitMs >= 0 && waitMs <= MAX_WAIT_MS && atMs <= MAX_INSTANT_MS ? atMs : undefined;
}

/** The length of what `DURATION` matches, in milliseconds. */
export function durationMs(text: string): number {
  let totalMs = 0;
  for (const [, amount = '', unit = ''] of text.matchAll(PARTS)) {
    const unitMs = UNIT_MS.find(([pattern]) => pattern.test(unit.toLowerCase()))?.[1] ?? 0;
    totalMs += Number(amount) * unitMs;
  }
  return Math.round(totalMs);
}
