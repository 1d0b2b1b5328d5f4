import { isSpanContextValid, logs, SeverityNumber, trace, type AnyValue } from '@opentelemetry/api';
import type { TelemetryLogRecord } from './telemetry-runtime.js';

const SEVERITIES: Readonly<Record<TelemetryLogRecord['level'], SeverityNumber>> = {
  trace: SeverityNumber.TRACE,
  debug: SeverityNumber.DEBUG,
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
  fatal: SeverityNumber.FATAL,
};

/** Queues a record to be sent; its span is the active one. */
export function emitLogRecord({ timeMs, level, message, context, fields }: TelemetryLogRecord): void {
  const place = context === undefined ? {} : { context };
  logs.getLogger('palingenesis').emit({
    timestamp: timeMs,
    severityNumber: SEVERITIES[level],
    severityText: level,
    body: message,
    attributes: { ...place, ...plain(fields) },
  });
}

export function activeTraceIds(): { trace_id: string; span_id: string } | undefined {
  const span = trace.getActiveSpan()?.spanContext();
  if (span === undefined || !isSpanContextValid(span)) return undefined;
  return { trace_id: span.traceId, span_id: span.spanId };
}

/** OTLP has nested values, but what shows them mostly has not. */
function plain(fields: TelemetryLogRecord['fields']): Record<string, AnyValue> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, isScalar(value) ? value : JSON.stringify(value)]),
  );
}

function isScalar(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}
