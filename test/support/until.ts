import { setTimeout as sleep } from 'node:timers/promises';

const INTERVAL_MS = 50;

export interface UntilOptions {
  timeoutMs: number;
  /** What to say when the time is up. */
  failure: () => string | Promise<string>;
}

/** Asks again and again until there is a value. */
export async function until<T>(check: () => Promise<T | undefined>, options: UntilOptions): Promise<T> {
  const deadline = Date.now() + options.timeoutMs;
  for (;;) {
    const value = await check();
    if (value !== undefined) return value;
    if (Date.now() > deadline) throw new Error(await options.failure());
    await sleep(INTERVAL_MS);
  }
}
