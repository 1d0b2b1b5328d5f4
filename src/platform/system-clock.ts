import { Injectable } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Clock, type Cancel } from '../core/ports/clock.js';

/** Longer timers than Node can hold would fire at once. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** Real time. Its timers live in Nest's registry, which clears them when the application closes. */
@Injectable()
export class SystemClock extends Clock {
  #last = 0;

  constructor(private readonly timers: SchedulerRegistry) {
    super();
  }

  nowMs(): number {
    return Date.now();
  }

  after(delayMs: number, action: () => void): Cancel {
    const name = `timeout-${(this.#last += 1)}`;
    const timer = setTimeout(
      () => {
        this.timers.deleteTimeout(name);
        action();
      },
      Math.min(Math.max(0, delayMs), MAX_DELAY_MS),
    );
    this.timers.addTimeout(name, timer);
    return () => {
      if (this.timers.doesExist('timeout', name)) this.timers.deleteTimeout(name);
    };
  }

  every(intervalMs: number, action: () => void): Cancel {
    const name = `interval-${(this.#last += 1)}`;
    this.timers.addInterval(name, setInterval(action, intervalMs));
    return () => {
      if (this.timers.doesExist('interval', name)) this.timers.deleteInterval(name);
    };
  }
}
