import type { EpochMs } from '../stop.js';

/** Stops what it was given for; harmless when it is over. */
export type Cancel = () => void;

/** The only source of time. Due times are wall-clock instants; a timer is just a wake-up to look at them. */
export abstract class Clock {
  abstract nowMs(): EpochMs;
  /** Calls `action` once after `delayMs`. */
  abstract after(delayMs: number, action: () => void): Cancel;
  /** Calls `action` every `intervalMs` until cancelled. */
  abstract every(intervalMs: number, action: () => void): Cancel;
}
