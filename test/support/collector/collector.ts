import { until } from '../until.js';
import type { Message, Signal } from './otlp.js';
import { logsOf, metricsOf, spansOf } from './received.js';
import type { ReceivedLog, ReceivedMetric, ReceivedSpan } from './received.js';
import { receiveGrpc, receiveHttp, receiveLikeABlackHole, receiveNothing } from './receivers.js';
import type { Received, Receiver } from './receivers.js';

export type Behaviour = 'ok' | 'refuse' | 'hang' | 'black hole' | `status ${number}`;

export type CollectorRequest = Omit<Received, 'message'>;

/** An OpenTelemetry collector that keeps what it gets: real OTLP, over gRPC or HTTP, on a port of its own. */
export class Collector {
  readonly protocol: 'grpc' | 'http';
  /** Everything that came in, also what was answered with an error. */
  readonly requests: CollectorRequest[] = [];
  readonly #spans: ReceivedSpan[] = [];
  readonly #logs: ReceivedLog[] = [];
  readonly #metrics: ReceivedMetric[] = [];
  #receiver: Receiver | undefined;
  #port = 0;
  #status = 200;

  private constructor(protocol: 'grpc' | 'http') {
    this.protocol = protocol;
  }

  static async start({ protocol }: { protocol: 'grpc' | 'http' }): Promise<Collector> {
    const collector = new Collector(protocol);
    await collector.behave('ok');
    return collector;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  spans(): ReceivedSpan[] {
    return [...this.#spans];
  }

  logs(): ReceivedLog[] {
    return [...this.#logs];
  }

  metrics(): ReceivedMetric[] {
    return [...this.#metrics];
  }

  /** Waits for spans, and gives all there are then. */
  async untilSpans(
    predicate: (spans: ReceivedSpan[]) => boolean,
    timeoutMs = 15_000,
  ): Promise<ReceivedSpan[]> {
    const check = async () => (predicate(this.spans()) ? this.spans() : undefined);
    const failure = () => `The spans are not as wanted: ${JSON.stringify(this.#countByName())}`;
    return until(check, { timeoutMs, failure });
  }

  /** From now on, on the same port. */
  async behave(behaviour: Behaviour): Promise<void> {
    this.#status = Number(/^status (\d+)$/.exec(behaviour)?.[1] ?? 200);
    await this.#receiver?.close();
    this.#receiver = await this.#receive(behaviour);
    this.#port = this.#receiver?.port ?? this.#port;
  }

  async close(): Promise<void> {
    await this.#receiver?.close();
    this.#receiver = undefined;
  }

  async #receive(behaviour: Behaviour): Promise<Receiver | undefined> {
    if (behaviour === 'refuse') return undefined;
    if (behaviour === 'hang') return receiveNothing(this.#port);
    if (behaviour === 'black hole') return receiveLikeABlackHole(this.#port);
    const receive = this.protocol === 'grpc' ? receiveGrpc : receiveHttp;
    return receive(this.#port, ({ message, ...request }) => {
      this.requests.push(request);
      if (this.#status < 300) this.#keep(request.signal, message);
      return this.#status;
    });
  }

  #countByName(): Record<string, number> {
    const groups = Map.groupBy(this.#spans, ({ name }) => name);
    return Object.fromEntries([...groups].map(([name, spans]) => [name, spans.length]));
  }

  #keep(signal: Signal, message: Message): void {
    if (signal === 'traces') this.#spans.push(...spansOf(message));
    if (signal === 'logs') this.#logs.push(...logsOf(message));
    if (signal === 'metrics') this.#metrics.push(...metricsOf(message));
  }
}
