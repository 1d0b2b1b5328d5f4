import { Clock, type Cancel } from '../../src/core/ports/clock.js';

type Timer = { atMs: number; readonly everyMs?: number; readonly action: () => void };

/** Time that passes only when told to. */
export class FakeClock extends Clock {
  readonly #timers = new Set<Timer>();

  constructor(private ms = Date.parse('2026-11-22T12:00:00Z')) {
    super();
  }

  nowMs(): number {
    return this.ms;
  }

  after(delayMs: number, action: () => void): Cancel {
    return this.#add({ atMs: this.ms + delayMs, action });
  }

  every(intervalMs: number, action: () => void): Cancel {
    return this.#add({ atMs: this.ms + intervalMs, everyMs: intervalMs, action });
  }

  /** Lets time pass, firing what comes due on the way, and lets each firing's work settle. */
  async advance(byMs: number, settle: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    const untilMs = this.ms + byMs;
    for (let next = this.#next(untilMs); next !== undefined; next = this.#next(untilMs)) {
      this.ms = Math.max(this.ms, next.atMs);
      if (next.everyMs === undefined) this.#timers.delete(next);
      else next.atMs += next.everyMs;
      next.action();
      await settle();
    }
    this.ms = untilMs;
  }

  /** The wall clock is set; timers do not notice, as on a machine that slept. */
  jump(byMs: number): void {
    this.ms += byMs;
    for (const timer of this.#timers) timer.atMs += byMs;
  }

  /** All timers are gone, as with the process that set them. */
  forget(): void {
    this.#timers.clear();
  }

  #add(timer: Timer): Cancel {
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  #next(untilMs: number): Timer | undefined {
    const due = [...this.#timers].filter(({ atMs }) => atMs <= untilMs);
    return due.sort((a, b) => a.atMs - b.atMs)[0];
  }
}
