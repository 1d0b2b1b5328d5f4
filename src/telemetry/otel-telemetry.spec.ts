import { setTimeout as sleep } from 'node:timers/promises';
import { context, propagation, trace } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { InMemorySpanExporter, SimpleSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace';
import { inSpan } from '../core/ports/telemetry.js';
import { OtelIds } from './otel-ids.js';
import { OtelSampler } from './otel-sampler.js';
import { OtelTelemetry } from './otel-telemetry.js';

const INBOUND = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const [, INBOUND_TRACE = '', INBOUND_SPAN = ''] = INBOUND.split('-');

type Beginning = { ratio?: number; shape?: 'operation' | 'daemon' };

describe('OtelTelemetry', () => {
  const exporter = new InMemorySpanExporter();
  let telemetry: OtelTelemetry;

  function begin({ ratio = 1, shape = 'operation' }: Beginning = {}): void {
    const ids = new OtelIds();
    new NodeSDK({
      spanProcessors: [new SimpleSpanProcessor({ exporter })],
      metricReaders: [],
      logRecordProcessors: [],
      autoDetectResources: false,
      instrumentations: [],
      sampler: new OtelSampler(ratio),
      idGenerator: ids,
    }).start();
    telemetry = new OtelTelemetry(ids, shape, { 'service.version': '1' });
  }

  afterEach(() => {
    for (const api of [trace, context, propagation]) api.disable();
    exporter.reset();
  });

  const ended = (name: string): ReadableSpan => {
    const found = exporter.getFinishedSpans().find((span) => span.name === name);
    if (found === undefined) throw new Error(`no span ${name} has ended`);
    return found;
  };
  const placeOf = (span: ReadableSpan) => [span.spanContext().traceId, span.parentSpanContext?.spanId];

  it('tells times, attributes, kind and failure', () => {
    begin();
    const attributes = { agent: 'a' };
    const span = telemetry.start('s', { startMs: 1_700_000_000_000, kind: 'server', attributes });
    span.set({ outcome: 'lost' });
    span.fail('no answer');
    span.end(1_700_000_002_500);
    expect(ended('s')).toMatchObject({
      kind: 1,
      startTime: [1_700_000_000, 0],
      duration: [2, 500_000_000],
      attributes: { agent: 'a', outcome: 'lost' },
      status: { code: 2, message: 'no answer' },
    });
  });

  it('takes no notice of what comes after the end', () => {
    begin();
    const span = telemetry.start('s');
    span.end();
    span.set({ late: true });
    span.fail('late');
    span.end();
    expect(exporter.getFinishedSpans()).toHaveLength(1);
    expect(ended('s')).toMatchObject({ attributes: {}, status: { code: 0 } });
  });

  it('puts a span below the active one, across a wait, and not below what ran beside it', async () => {
    begin();
    const operation = (name: string) =>
      inSpan(telemetry, name, { root: true }, async () => {
        await sleep(2);
        await inSpan(telemetry, `${name}.step`, {}, async () => sleep(2));
      });
    await Promise.all([operation('a'), operation('b')]);
    for (const name of ['a', 'b']) {
      const { traceId, spanId } = ended(name).spanContext();
      expect(placeOf(ended(`${name}.step`))).toEqual([traceId, spanId]);
    }
    expect(ended('a').spanContext().traceId).not.toBe(ended('b').spanContext().traceId);
  });

  it('goes on with a trace from elsewhere, a request linked to the process', () => {
    begin();
    telemetry.start('request', { parent: INBOUND, kind: 'server' }).end();
    telemetry.start('resume', { parent: INBOUND }).end();
    expect(placeOf(ended('request'))).toEqual([INBOUND_TRACE, INBOUND_SPAN]);
    expect(placeOf(ended('resume'))).toEqual([INBOUND_TRACE, INBOUND_SPAN]);
    expect(ended('request').links.map((link) => link.context.traceId)).toEqual([
      telemetry.daemon?.split('-')[1],
    ]);
    expect(ended('resume').links).toEqual([]);
  });

  it.each(['', 'x', '00-0-0-01', `ff${INBOUND.slice(2)}`, INBOUND.replaceAll(/[1-9a-f]/g, '0')])(
    'begins a trace of its own below "%s"',
    (parent) => {
      begin();
      telemetry.start('s', { parent }).end();
      expect(ended('s').parentSpanContext).toBeUndefined();
    },
  );

  it('keeps nothing of a trace that was not kept elsewhere', () => {
    begin();
    const span = telemetry.start('s', { parent: INBOUND.replace(/01$/, '00') });
    span.end();
    expect(span.traceparent).toMatch(/-00$/);
    expect(exporter.getFinishedSpans()).toEqual([]);
  });

  it('takes up a span of an earlier process under its identity, kept whatever the ratio', () => {
    begin({ ratio: 0 });
    const span = telemetry.start('root', { as: INBOUND, root: true });
    span.end();
    telemetry.start('child', { as: INBOUND.replace('b7ad', 'aaaa'), parent: INBOUND }).end();
    expect(span.traceparent).toBe(INBOUND);
    expect(ended('root').parentSpanContext).toBeUndefined();
    expect(placeOf(ended('child'))).toEqual([INBOUND_TRACE, INBOUND_SPAN]);
    expect(telemetry.start('other').traceparent).toMatch(/-00$/);
  });

  describe('in the shape of operations', () => {
    it('links what begins a trace to the span of the process', () => {
      begin();
      telemetry.start('s', { root: true }).end();
      telemetry.end('stopped');
      const daemon = ended('daemon.run');
      expect(ended('s').links.map((link) => link.context.spanId)).toEqual([daemon.spanContext().spanId]);
      expect(daemon.attributes).toEqual({ 'service.version': '1', outcome: 'stopped' });
    });

    it('keeps the process and what it says it has started, but no operation, with a ratio of 0', () => {
      begin({ ratio: 0 });
      telemetry.start('s', { root: true }).end();
      telemetry.start('started', telemetry.daemon === undefined ? {} : { parent: telemetry.daemon }).end();
      telemetry.end('stopped');
      expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['started', 'daemon.run']);
    });
  });

  describe('in the shape of the daemon', () => {
    it('has everything in one trace', () => {
      begin({ shape: 'daemon' });
      telemetry.start('s', { root: true }).end();
      telemetry.start('t').end();
      telemetry.end('stopped');
      const { traceId, spanId } = ended('daemon.run').spanContext();
      expect(placeOf(ended('s'))).toEqual([traceId, spanId]);
      expect(placeOf(ended('t'))).toEqual([traceId, spanId]);
      expect(ended('s').links).toEqual([]);
    });

    it('decides for each operation anew, and for what is below it with it', () => {
      begin({ shape: 'daemon', ratio: 0.5 });
      for (let index = 0; index < 400; index += 1) {
        const span = telemetry.start('s', { root: true });
        telemetry.within(span, () => telemetry.start('step').end());
        span.end();
      }
      const count = (name: string) => exporter.getFinishedSpans().filter((span) => span.name === name).length;
      expect(count('s')).toBeGreaterThan(100);
      expect(count('s')).toBeLessThan(300);
      expect(count('step')).toBe(count('s'));
    });
  });
});
