import { numberOf, recordOf, stringOf, type JsonRecord } from '../../core/json-record.js';
import { epochMs } from '../../core/reset-text.js';
import type { EpochMs, Reset } from '../../core/stop.js';

const FULL_PERCENT = 100;
const FIVE_HOURS_MIN = 300;
const WEEK_MIN = 10_080;

type Window = Readonly<{ name: string; usedPercent: number; resetsAt: number; resetMs: EpochMs }>;

/** The window that holds a session back, and when it opens again. */
export type FullWindow = Readonly<{ window: string; reset: Reset }>;

/**
 * The exhausted window of a `rate_limits` block (Codex 0.169.0: `token_count`, `account/rateLimits/updated`): the one
 * the server names and those that are used up; of several the latest reset. A full window alone is no stop.
 */
export function fullWindow(rateLimits: unknown, atMs: EpochMs): FullWindow | undefined {
  const limits = recordOf(rateLimits);
  if (limits === undefined) return undefined;
  const windows = ['primary', 'secondary'].flatMap((name) => windowOf(name, recordOf(limits[name])));
  const named = reachedName(limits);
  const used = windows.filter(({ name, usedPercent }) => name === named || usedPercent >= FULL_PERCENT);
  // A limit of the workspace is named without its window: it is the one used most.
  const most = Math.max(...windows.map(({ usedPercent }) => usedPercent));
  const full =
    used.length === 0 && named !== undefined
      ? windows.filter(({ usedPercent }) => usedPercent === most)
      : used;
  const [latest] = full.filter(({ resetMs }) => resetMs > atMs).toSorted((a, b) => b.resetMs - a.resetMs);
  if (latest === undefined) return undefined;
  const { name, resetsAt, resetMs } = latest;
  const reset: Reset = { atMs: resetMs, source: 'structured', raw: `${name}.resets_at=${resetsAt}` };
  return { window: windowName(recordOf(limits[name])) ?? name, reset };
}

/** The window the server says is reached, where it says so. */
export function reachedName(limits: JsonRecord): string | undefined {
  return stringOf(limits['rate_limit_reached_type'] ?? limits['rateLimitReachedType']);
}

function windowOf(name: string, fields: JsonRecord | undefined): readonly Window[] {
  const usedPercent = numberOf(fields?.['used_percent'] ?? fields?.['usedPercent']);
  const resetsAt = numberOf(fields?.['resets_at'] ?? fields?.['resetsAt']);
  const resetMs = resetsAt === undefined ? undefined : epochMs(resetsAt);
  if (usedPercent === undefined || resetsAt === undefined || resetMs === undefined) return [];
  return [{ name, usedPercent, resetsAt, resetMs }];
}

function windowName(fields: JsonRecord | undefined): string | undefined {
  const minutes = numberOf(fields?.['window_minutes'] ?? fields?.['windowDurationMins']);
  if (minutes === FIVE_HOURS_MIN) return 'five_hour';
  return minutes === WEEK_MIN ? 'seven_day' : undefined;
}
