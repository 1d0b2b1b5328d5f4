import { setTimeout as sleep } from 'node:timers/promises';
import { createNoopMeter, type Attributes, type MeterProvider } from '@opentelemetry/api';
import type { OtelOutage } from './otel-outage.js';
import type { Signal } from './telemetry-options.js';

const FIRST_PAUSE_MS = 1000;
const PAUSE_GROWTH = 1.5;
const GRPC_DEADLINE_EXCEEDED = 4;
const GRPC_UNAVAILABLE = 14;
const LONGEST_REASON = 200;

/** What OpenTelemetry's packages tell of an export. */
type Result = { code: number; error?: Error };
const SUCCESS = 0;
const FAILED = 1;

interface Exporter<Items> {
  export(items: Items, done: (result: Result) => void): void;
}

export type DropReason = 'queue_full' | 'export_failed' | 'timeout';

/** Counts what was never delivered: spans, log records, or readings of all metrics. */
export type DropCounter = Readonly<{
  add: (count: number, labels: { signal: Signal; reason: DropReason }) => void;
}>;

/** Stands between the SDK's queues and its exporters: no export outlasts its time, none fails unnoticed. */
export class OtelDelivery {
  readonly #closing = new AbortController();

  constructor(
    private readonly outage: OtelOutage,
    private readonly drops: DropCounter,
    private readonly timeoutMs: number,
  ) {}

  /** Changes the exporter in place, since what else it can do differs from signal to signal. */
  watch<Items>(signal: Signal, exporter: Exporter<Items>): void {
    const send = exporter.export.bind(exporter);
    exporter.export = (items, done) => {
      void this.#deliver((settle) => send(items, settle)).then((result) => {
        this.#account(signal, Array.isArray(items) ? items.length : 1, result);
        done(result);
      });
    };
  }

  /** For a queue of the SDK, which tells a meter alone what did not fit. */
  queueMeters(signal: Signal): MeterProvider {
    const add = (count: number, attributes?: Attributes): void => {
      if (attributes?.['error.type'] === 'queue_full')
        this.drops.add(count, { signal, reason: 'queue_full' });
    };
    return { getMeter: () => Object.assign(createNoopMeter(), { createCounter: () => ({ add }) }) };
  }

  /** From now on nothing is waited for. */
  close(): void {
    this.#closing.abort();
  }

  /** OTLP over HTTP repeats by itself; over gRPC it gives up at the first refusal, as of a collector restarting. */
  async #deliver(send: (settle: (result: Result) => void) => void): Promise<Result> {
    const deadlineMs = Date.now() + this.timeoutMs;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs *= PAUSE_GROWTH) {
      const result = await within(deadlineMs - Date.now(), send);
      const isLast = this.#closing.signal.aborted || Date.now() + pauseMs > deadlineMs;
      if (isLast || codeOf(result.error) !== GRPC_UNAVAILABLE) return result;
      await sleep(pauseMs, undefined, { signal: this.#closing.signal, ref: false }).catch(() => undefined);
    }
  }

  #account(signal: Signal, count: number, { code, error }: Result): void {
    if (code === SUCCESS) return this.outage.delivered(signal);
    this.drops.add(count, { signal, reason: isTimeout(error) ? 'timeout' : 'export_failed' });
    this.outage.failed(signal, wordsOf(error));
  }
}

/** The exporters' own limit starts when they are connected, which into a black hole takes minutes. */
function within(ms: number, send: (settle: (result: Result) => void) => void): Promise<Result> {
  return new Promise((settle) => {
    const late = { code: FAILED, error: new TimeoutError('no answer in time') };
    const timer = setTimeout(settle, ms, late).unref();
    send((result) => {
      clearTimeout(timer);
      settle(result);
    });
  });
}

class TimeoutError extends Error {}

function isTimeout(error: Error | undefined): boolean {
  return (
    error instanceof TimeoutError ||
    codeOf(error) === GRPC_DEADLINE_EXCEEDED ||
    error?.message === 'Request timed out'
  );
}

/** A number is a status of HTTP or gRPC, a text one of the operating system. */
function codeOf(error: Error | undefined): number | string | undefined {
  if (error === undefined || !('code' in error)) return undefined;
  return typeof error.code === 'number' || typeof error.code === 'string' ? error.code : undefined;
}

/** Of an error that bundles several, such as those of all addresses of a host, only the code has words. */
function wordsOf(error: Error | undefined): string {
  const code = codeOf(error);
  const message = error?.message.replaceAll(/\s+/g, ' ') ?? '';
  const words = typeof code === 'number' && !message.startsWith(`${code} `) ? `${code} ${message}` : message;
  return (words || String(code ?? 'no reason given')).slice(0, LONGEST_REASON);
}
