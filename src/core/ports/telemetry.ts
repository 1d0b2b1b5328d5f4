import type { EpochMs } from '../stop.js';

/** Where a trace stands, as W3C `traceparent` text: it can be stored, and handed to a child process. */
export type TraceParent = string;

export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

export type SpanOptions = Readonly<{
  attributes?: SpanAttributes;
  /** What it belongs under; left out, the span that is active, or none. */
  parent?: TraceParent;
  /**
   * An operation of its own: a new trace, whatever is active, linked to the process's span; below it where
   * `otel.trace_shape` is `daemon`.
   */
  root?: boolean;
  /** `server` for a request that is answered; default internal. */
  kind?: 'internal' | 'server';
  /** Takes up a span that an earlier process began and could not end, under its identity. */
  as?: TraceParent;
  /** When it began, for one told afterwards; default now. */
  startMs?: EpochMs;
}>;

/** A span under way. Ending it twice, or setting something afterwards, does nothing. */
export abstract class OpenSpan {
  /** Undefined while telemetry is off. Of a trace that is not sampled it says just that. */
  abstract readonly traceparent: TraceParent | undefined;
  abstract set(attributes: SpanAttributes): void;
  /** Marks it as failed, in words without secrets. */
  abstract fail(message: string): void;
  abstract end(endMs?: EpochMs): void;
}

/** Opens spans. Costs next to nothing, and loads nothing, while telemetry is off. */
export abstract class Telemetry {
  /** The span of this process's life, `daemon.run`: parent of what says that a part of it has started. */
  abstract readonly daemon: TraceParent | undefined;
  abstract start(name: string, options?: SpanOptions): OpenSpan;
  /** Runs `work` with the span as the active one. Does not end it. */
  abstract within<T>(span: OpenSpan, work: () => T): T;
}

/** Places a span below another, or nowhere in particular where that one is not traced. */
export function under(parent: TraceParent | undefined): { parent?: TraceParent } {
  return parent === undefined ? {} : { parent };
}

/** Runs `work` inside a span of its own, which ends with it; what it throws fails the span. */
export async function inSpan<T>(
  telemetry: Telemetry,
  name: string,
  options: SpanOptions,
  work: (span: OpenSpan) => Promise<T>,
): Promise<T> {
  const span = telemetry.start(name, options);
  try {
    return await telemetry.within(span, () => work(span));
  } catch (error) {
    span.fail(Error.isError(error) ? error.message : String(error));
    throw error;
  } finally {
    span.end();
  }
}

const NO_SPAN: OpenSpan = {
  traceparent: undefined,
  set: () => undefined,
  fail: () => undefined,
  end: () => undefined,
};

/** Telemetry that is off. */
export class NoTelemetry extends Telemetry {
  readonly daemon = undefined;

  start(): OpenSpan {
    return NO_SPAN;
  }

  within<T>(_span: OpenSpan, work: () => T): T {
    return work();
  }
}
