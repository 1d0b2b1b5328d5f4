import type { EpochMs } from './stop.js';

/** An id that sorts by time: `prefix-<time><random>`. `random` is any text without order. */
export function newId(prefix: string, nowMs: EpochMs, random: string): string {
  return `${prefix}-${nowMs.toString(36).padStart(9, '0')}${random.replaceAll('-', '').slice(0, 8)}`;
}
