import { under, type Telemetry, type TraceParent } from '../core/ports/telemetry.js';
import type { SessionSnapshot } from '../core/session.js';
import type { EpochMs, Stop } from '../core/stop.js';

/**
 * The first spans of an episode's trace; gives where it goes on. Only what led to a stop is told: a span for
 * each write of each agent would be noise.
 */
export function traceStop(
  telemetry: Telemetry,
  { agent }: SessionSnapshot,
  { reason, confidence, reset }: Stop,
  { seenMs, bytes }: Readonly<{ seenMs: EpochMs; bytes: number }>,
): TraceParent | undefined {
  const change = telemetry.start('monitor.file_change', {
    root: true,
    startMs: seenMs,
    attributes: { agent, bytes },
  });
  const attributes = { agent, stop_reason: reason, confidence, reset_source: reset?.source ?? 'none' };
  const classify = telemetry.start('monitor.classify', {
    ...under(change.traceparent),
    startMs: seenMs,
    attributes,
  });
  classify.end();
  change.end();
  return classify.traceparent;
}

/** Tells that watching has started, and with how many sessions. */
export async function traceScan(
  telemetry: Telemetry,
  homes: number,
  scan: () => Promise<number>,
): Promise<void> {
  const span = telemetry.start('monitor.watch', { ...under(telemetry.daemon), attributes: { homes } });
  span.set({ sessions: await scan() });
  span.end();
}
