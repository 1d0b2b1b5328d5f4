import type { EpochMs, Stop } from './stop.js';

export type Adoption = Readonly<{ nowMs: EpochMs; startedMs: EpochMs; withinMs: number }>;

/** History is not acted on: an old stop counts only while its limit still holds, an old exit never. */
export function isAdopted(stop: Stop, { nowMs, startedMs, withinMs }: Adoption): boolean {
  if (stop.atMs < startedMs && stop.reason === 'user_exit') return false;
  const resetIsAhead = stop.reset !== undefined && stop.reset.atMs > nowMs;
  return resetIsAhead || stop.atMs >= nowMs - withinMs;
}
