import type { EpochMs, Stop } from './stop.js';

const HOUR_MS = 3_600_000;

/** `startedMs`: when this service began to watch. */
export type Adoption = Readonly<{ nowMs: EpochMs; startedMs: EpochMs; adoptWithinH: number }>;

/**
 * Whether anything is to be done about a stop. Work that is done needs nothing, and history is not acted on: an old
 * stop counts only while its limit still holds, an old exit never.
 */
export function isAdopted(stop: Stop, { nowMs, startedMs, adoptWithinH }: Adoption): boolean {
  if (stop.reason === 'completed' || (stop.reason === 'user_exit' && stop.atMs < startedMs)) return false;
  const resetIsAhead = stop.reset !== undefined && stop.reset.atMs > nowMs;
  return resetIsAhead || stop.atMs >= nowMs - adoptWithinH * HOUR_MS;
}
