import { NoTelemetry, type Telemetry } from '../core/ports/telemetry.js';

export type TelemetryLogRecord = Readonly<{
  timeMs: number;
  level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';
  message: string;
  context: string | undefined;
  fields: Readonly<Record<string, unknown>>;
}>;

/** The log of this process, as far as telemetry deals with it. */
export type LogStream = {
  /** Where each record finds the span it belongs to. */
  traceIds: () => Readonly<{ trace_id: string; span_id: string }> | undefined;
  /** Tells each record while its span is the active one. */
  onRecord: (listener: (record: TelemetryLogRecord) => void) => unknown;
};

/** What runs while telemetry is on. */
export abstract class TelemetryRuntime {
  abstract readonly telemetry: Telemetry;
  /** From now on records carry their span and are sent, too, where that is wanted. */
  abstract connectLogs(logs: LogStream): void;
  /** Has a last look at the metrics, while those who know them are still there. Takes a moment at most. */
  abstract readLastMetrics(): Promise<void>;
  /** Sends what is left, within a bound. Never rejects. */
  abstract shutdown(): Promise<void>;
}

/** Telemetry that is off: nothing is loaded, nothing listens, nothing is sent. */
export class NoTelemetryRuntime extends TelemetryRuntime {
  readonly telemetry = new NoTelemetry();

  connectLogs(): void {
    // nobody reads them
  }

  async readLastMetrics(): Promise<void> {
    // nobody reads them
  }

  async shutdown(): Promise<void> {
    // nothing was started
  }
}
