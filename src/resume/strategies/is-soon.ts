import type { Clock } from '../../core/ports/clock.js';

const LOOK_MS = 100;

/** Looks again and again whether something is so, for that long. */
export async function isSoon(clock: Clock, withinMs: number, look: () => Promise<boolean>): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < withinMs; waitedMs += LOOK_MS) {
    if (await look()) return true;
    await pause(clock, LOOK_MS);
  }
  return false;
}

export function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}
