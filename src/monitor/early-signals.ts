import type { Signal } from '../core/signal.js';

/** The newest signal of each session whose records have not been seen yet; beyond a bound the oldest give way. */
export class EarlySignals {
  readonly #bySession = new Map<string, Signal>();

  constructor(private readonly max: () => number) {}

  keep(signal: Signal): void {
    const { sessionId } = signal;
    if (signal.atMs < (this.#bySession.get(sessionId)?.atMs ?? 0)) return;
    this.#bySession.delete(sessionId);
    this.#bySession.set(sessionId, signal);
    const [oldest] = this.#bySession.keys();
    if (oldest !== undefined && this.#bySession.size > this.max()) this.#bySession.delete(oldest);
  }

  /** What was kept of a session, which is kept no longer. */
  take(sessionId: string): Signal | undefined {
    const signal = this.#bySession.get(sessionId);
    this.#bySession.delete(sessionId);
    return signal;
  }
}
