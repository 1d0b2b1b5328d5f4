import type { Signal } from './telemetry-options.js';

/** No outage is told sooner after the last one, so that a flapping collector does not fill the log. */
const BETWEEN_OUTAGES_MS = 60_000;
const BETWEEN_REMINDERS_MS = 600_000;

export type OutageWords = Readonly<{ warn: (line: string) => void; log: (line: string) => void }>;

/** Says once that the collector cannot be reached, now and then that this is still so, and once that it is over. */
export class OtelOutage {
  readonly #failing = new Map<Signal, string>();
  #sinceMs = 0;
  #toldAtMs = -Infinity;
  #isTold = false;

  constructor(
    private readonly words: OutageWords,
    private readonly collector: string,
    private readonly nowMs: () => number = Date.now,
  ) {}

  get isOn(): boolean {
    return this.#failing.size > 0;
  }

  failed(signal: Signal, reason: string): void {
    if (!this.isOn) this.#sinceMs = this.nowMs();
    this.#failing.set(signal, reason);
    const pauseMs = this.#isTold ? BETWEEN_REMINDERS_MS : BETWEEN_OUTAGES_MS;
    if (this.nowMs() - this.#toldAtMs < pauseMs) return;
    this.#isTold = true;
    this.#toldAtMs = this.nowMs();
    this.words.warn(
      `telemetry does not reach ${this.collector}: ${this.#reasons()}; what does not fit the queue is dropped`,
    );
  }

  delivered(signal: Signal): void {
    if (!this.#failing.delete(signal) || this.isOn) return;
    const seconds = Math.round((this.nowMs() - this.#sinceMs) / 1000);
    if (this.#isTold) this.words.log(`telemetry reaches ${this.collector} again, after ${seconds} s`);
    this.#isTold = false;
  }

  #reasons(): string {
    return [...this.#failing].map(([signal, reason]) => `${signal} (${reason})`).join(', ');
  }
}
