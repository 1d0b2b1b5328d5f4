import type { TraceIds } from './trace-ids.js';

export const RECORD_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type RecordLevel = (typeof RECORD_LEVELS)[number];

/** A record as it was written, secrets already taken out. */
export type LogRecord = Readonly<{
  timeMs: number;
  level: RecordLevel;
  message: string;
  /** The part of the program that says it. */
  context: string | undefined;
  trace: TraceIds | undefined;
  fields: Readonly<Record<string, unknown>>;
}>;

export type LogListener = (record: LogRecord) => void;

/** Reads back what pino has written for us. */
export function parseRecord(line: string): LogRecord {
  const parsed: unknown = JSON.parse(line);
  if (typeof parsed !== 'object' || parsed === null) throw new TypeError('not a log record');
  const { level, time, msg, context, trace_id, span_id, ...rest }: Record<string, unknown> = { ...parsed };
  const { pid: _pid, service: _service, version: _version, ...fields } = rest;
  return {
    timeMs: Date.parse(String(time)),
    level: RECORD_LEVELS.find((known) => known === level) ?? 'info',
    message: typeof msg === 'string' ? msg : JSON.stringify(msg ?? ''),
    context: typeof context === 'string' ? context : undefined,
    trace: typeof trace_id === 'string' && typeof span_id === 'string' ? { trace_id, span_id } : undefined,
    fields,
  };
}
