import type { DiagLogger } from '@opentelemetry/api';

const PAUSE_MS = 600_000;
const MOST_KINDS = 100;

/** Takes OpenTelemetry's own warnings, each kind once in a while. */
export class OtelDiagLogger implements DiagLogger {
  readonly #toldAtMs = new Map<string, number>();

  /** `isQuiet` tells when they only repeat what is known, as of an outage. */
  constructor(
    private readonly warnWith: (line: string) => void,
    private readonly isQuiet: () => boolean,
    private readonly nowMs: () => number = Date.now,
  ) {}

  error(message: string, ...rest: unknown[]): void {
    this.warn(message, ...rest);
  }

  warn(message: string, ...rest: unknown[]): void {
    if (this.isQuiet()) return;
    const line = [message, ...rest.map(String)].join(' ');
    const kind = line.replaceAll(/\d+/g, '');
    if (this.nowMs() - (this.#toldAtMs.get(kind) ?? -Infinity) < PAUSE_MS) return;
    if (this.#toldAtMs.size >= MOST_KINDS) this.#toldAtMs.clear();
    this.#toldAtMs.set(kind, this.nowMs());
    this.warnWith(`OpenTelemetry: ${line}`);
  }

  info(): void {
    // nobody asks for it
  }

  debug(): void {
    // nobody asks for it
  }

  verbose(): void {
    // nobody asks for it
  }
}
