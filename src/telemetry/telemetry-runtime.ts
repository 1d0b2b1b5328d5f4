/** What runs while telemetry is on. */
export abstract class TelemetryRuntime {
  /** Sends what is left, within a bound. Never rejects. */
  abstract shutdown(): Promise<void>;
}

/** Telemetry that is off: nothing is loaded, nothing listens, nothing is sent. */
export class NoTelemetry extends TelemetryRuntime {
  async shutdown(): Promise<void> {
    // nothing was started
  }
}
