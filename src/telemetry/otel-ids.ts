import { RandomIdGenerator } from '@opentelemetry/sdk-trace';

export type SpanIdentity = Readonly<{ traceId: string; spanId: string }>;

/** Random ids, save for the span that is started under an identity it had in an earlier process. */
export class OtelIds {
  readonly #random = new RandomIdGenerator();
  #identity: SpanIdentity | undefined;

  /** Whatever span `work` starts, which is one at most, has this identity. */
  under<T>(identity: SpanIdentity | undefined, work: () => T): T {
    this.#identity = identity;
    try {
      return work();
    } finally {
      this.#identity = undefined;
    }
  }

  generateTraceId(): string {
    return this.#identity?.traceId ?? this.#random.generateTraceId();
  }

  generateSpanId(): string {
    return this.#identity?.spanId ?? this.#random.generateSpanId();
  }
}
