import {
  context,
  isSpanContextValid,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Context,
  type Link,
  type Span,
  type SpanContext,
  type Tracer,
} from '@opentelemetry/api';
import {
  OpenSpan,
  Telemetry,
  type SpanAttributes,
  type SpanOptions,
  type TraceParent,
} from '../core/ports/telemetry.js';
import type { EpochMs } from '../core/stop.js';
import type { OtelIds } from './otel-ids.js';
import { withSampling } from './otel-sampler.js';
import type { TelemetryOptions } from './telemetry-options.js';

const KINDS = { internal: SpanKind.INTERNAL, server: SpanKind.SERVER };

type Place = Readonly<{ context: Context; links: Link[] }>;

/** The spans of this process, in the shape that is asked for. Construct it after the provider is registered. */
export class OtelTelemetry extends Telemetry {
  readonly #tracer: Tracer = trace.getTracer('palingenesis');
  readonly #daemon: OtelSpan;

  constructor(
    private readonly ids: OtelIds,
    private readonly shape: TelemetryOptions['traceShape'],
    attributes: SpanAttributes,
  ) {
    super();
    const place = withSampling(ROOT_CONTEXT, 'always');
    this.#daemon = new OtelSpan(this.#tracer.startSpan('daemon.run', { attributes }, place));
  }

  get daemon(): TraceParent | undefined {
    return this.#daemon.traceparent;
  }

  start(name: string, options: SpanOptions = {}): OpenSpan {
    const { attributes = {}, kind = 'internal', startMs } = options;
    const identity = options.as === undefined ? undefined : remote(options.as);
    const { context: place, links } = this.#place(options);
    const span = this.ids.under(identity, () =>
      this.#tracer.startSpan(
        name,
        { attributes, kind: KINDS[kind], links, ...(startMs === undefined ? {} : { startTime: startMs }) },
        identity?.traceFlags === TraceFlags.SAMPLED ? withSampling(place, 'always') : place,
      ),
    );
    return new OtelSpan(span);
  }

  within<T>(span: OpenSpan, work: () => T): T {
    return span instanceof OtelSpan ? span.activate(work) : work();
  }

  /** Ends the span of the process. */
  end(outcome: string): void {
    this.#daemon.set({ outcome });
    this.#daemon.end();
  }

  /** An operation begins a trace, unless it goes on with one that came from elsewhere. */
  #place({ parent, root = false, kind }: SpanOptions): Place {
    const elsewhere = parent === undefined ? undefined : remote(parent);
    const links = this.shape === 'operation' ? [{ context: this.#daemon.context }] : [];
    if (elsewhere !== undefined) {
      const isRequest = kind === 'server';
      return { context: trace.setSpanContext(ROOT_CONTEXT, elsewhere), links: isRequest ? links : [] };
    }
    if (!root && trace.getSpan(context.active()) !== undefined)
      return { context: context.active(), links: [] };
    if (this.shape === 'operation') return { context: ROOT_CONTEXT, links };
    const daemon = trace.setSpanContext(ROOT_CONTEXT, this.#daemon.context);
    return { context: withSampling(daemon, 'by_itself'), links };
  }
}

class OtelSpan extends OpenSpan {
  #ended = false;

  constructor(private readonly span: Span) {
    super();
  }

  get context(): SpanContext {
    return this.span.spanContext();
  }

  get traceparent(): TraceParent | undefined {
    const { traceId, spanId, traceFlags } = this.context;
    // One that is not kept says so, too: the trace it belongs to was decided once, for all processes.
    return `00-${traceId}-${spanId}-${(traceFlags & TraceFlags.SAMPLED) === 0 ? '00' : '01'}`;
  }

  activate<T>(work: () => T): T {
    return context.with(trace.setSpan(context.active(), this.span), work);
  }

  set(attributes: SpanAttributes): void {
    if (!this.#ended) this.span.setAttributes(attributes);
  }

  fail(message: string): void {
    if (!this.#ended) this.span.setStatus({ code: SpanStatusCode.ERROR, message });
  }

  end(endMs?: EpochMs): void {
    if (!this.#ended) this.span.end(endMs);
    this.#ended = true;
  }
}

/** W3C Trace Context; a version to come may add fields at the end. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/;

function remote(traceparent: TraceParent): SpanContext | undefined {
  const [, traceId = '', spanId = '', flags = ''] = TRACEPARENT.exec(traceparent) ?? [];
  const found = {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED,
    isRemote: true,
  };
  return isSpanContextValid(found) ? found : undefined;
}
