import { pino, type LoggerOptions } from 'pino';
import { redact, redactFields } from './redact.js';
import type { TraceIds } from './trace-ids.js';

/** How a record looks as a JSON line. Whatever is logged passes the redaction: fields and message. */
export function pinoOptions(version: string, traceIds: () => TraceIds | undefined): LoggerOptions {
  return {
    base: { pid: process.pid, service: 'palingenesis', version },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (level) => ({ level }), log: redactFields },
    serializers: { msg: redact, err: (error: unknown) => error },
    mixin: () => ({ ...traceIds() }),
  };
}
