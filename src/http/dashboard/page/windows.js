/** @import { LimitWindow } from './answers.d.ts' */

const HOUR_MS = 3_600_000;

/** How long the windows last whose names tell; the name begins so. */
const LENGTHS = /** @type {const} */ ([
  ['five_hour', 5 * HOUR_MS],
  ['seven_day', 7 * 24 * HOUR_MS],
  ['week', 7 * 24 * HOUR_MS],
  ['day', 24 * HOUR_MS],
  ['daily', 24 * HOUR_MS],
  ['hour', HOUR_MS],
  ['minute', HOUR_MS / 60],
]);

/**
 * How much of a window's time has passed, 0 to 1; undefined where nobody says how long it is.
 * @param {LimitWindow} window
 * @param {number} nowMs
 */
export function passedOf({ kind, resets_at: resetsAt }, nowMs) {
  const lengthMs = LENGTHS.find(([name]) => kind.startsWith(name))?.[1];
  if (lengthMs === undefined || resetsAt === null) return undefined;
  return Math.min(1, Math.max(0, 1 - (Date.parse(resetsAt) - nowMs) / lengthMs));
}
