export type Backoff = Readonly<{ initialMs: number; maxMs: number }>;

const JITTER = 0.1;

/**
 * The wait before try `attempt` (0 = the first): doubling from `initialMs` to `maxMs`, ±10 % so that
 * many sessions do not come back at once. `random` is 0 ≤ x < 1.
 */
export function backoffMs({ initialMs, maxMs }: Backoff, attempt: number, random: number): number {
  const plainMs = Math.min(maxMs, initialMs * 2 ** Math.min(attempt, 30));
  return Math.round(plainMs * (1 - JITTER + 2 * JITTER * random));
}
