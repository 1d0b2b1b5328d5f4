import {
  createContextKey,
  type Attributes,
  type Context,
  type Link,
  type SpanKind,
} from '@opentelemetry/api';
import { ParentBasedSampler, SamplingDecision, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace';

const CHOICE = createContextKey('palingenesis.sampling');

/** `always`: kept whatever the ratio; `by_itself`: decided anew, although its trace was decided already. */
type Choice = 'always' | 'by_itself';

export function withSampling(context: Context, choice: Choice): Context {
  return context.setValue(CHOICE, choice);
}

/** Keeps the given share of the operations; what is below one goes with it. */
export class OtelSampler {
  readonly #byTrace;

  constructor(private readonly ratio: number) {
    this.#byTrace = new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) });
  }

  shouldSample(
    context: Context,
    traceId: string,
    name: string,
    kind: SpanKind,
    attributes: Attributes,
    links: Link[],
  ) {
    const choice = context.getValue(CHOICE);
    if (choice === 'always') return { decision: SamplingDecision.RECORD_AND_SAMPLED };
    if (choice === 'by_itself') return decided(Math.random() < this.ratio);
    return this.#byTrace.shouldSample(context, traceId, name, kind, attributes, links);
  }

  toString(): string {
    return `OtelSampler(${this.ratio})`;
  }
}

function decided(isKept: boolean) {
  return { decision: isKept ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD };
}
