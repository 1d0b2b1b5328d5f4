import type { Clock, Cancel } from '../core/ports/clock.js';

/**
 * One timer for the earliest due instant of all. It never sleeps longer than `maxSleepMs`, so a suspended
 * machine or a clock that was set is noticed; what is due is asked of the wall clock each time.
 */
export class DueTimer {
  #cancel: Cancel | undefined;
  #stopped = false;

  constructor(
    private readonly clock: Clock,
    private readonly maxSleepMs: () => number,
    private readonly onWake: () => void,
  ) {}

  /** Wakes at `dueMs`, or at the latest after `maxSleepMs`; replaces what was set before. */
  arm(dueMs: number | undefined): void {
    if (this.#stopped) return;
    this.#cancel?.();
    const waitMs = dueMs === undefined ? Infinity : Math.max(0, dueMs - this.clock.nowMs());
    this.#cancel = this.clock.after(Math.min(waitMs, this.maxSleepMs()), this.onWake);
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }
}
