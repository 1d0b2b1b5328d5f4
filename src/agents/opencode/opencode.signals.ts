import { at, isRecord, parseRecord, recordOf, stringOf, type JsonRecord } from '../../core/json-record.js';
import type { ResetAnchor } from '../../core/reset-text.js';
import type { Signal, SignalSource } from '../../core/signal.js';
import { evidence } from '../../core/stop.js';
import { classifyOpenCodeError, classifyRetry } from './opencode.classifier.js';
import { logSignals } from './opencode.log.js';

/** An event of the server or of a plugin, which see the same (1.18.33), or a line of the log. */
export function openCodeSignals(report: unknown, zone: string, nowMs: number): readonly Signal[] {
  if (typeof report === 'string') return logSignals(report, zone);
  const wrapped = recordOf(report);
  const event = recordOf(wrapped?.['event']) ?? recordOf(wrapped?.['payload']) ?? wrapped;
  if (event === undefined) return [];
  const source: SignalSource = wrapped?.['pid'] === undefined ? 'server' : 'hook';
  return ofEvent(event, { atMs: nowMs, zone }, source);
}

/** The state of every session the server works on: `GET /session/status`. What it does not name is idle. */
export function statusSignals(answer: unknown, zone: string, nowMs: number): readonly Signal[] {
  const anchor = { atMs: nowMs, zone };
  return Object.entries(recordOf(answer) ?? {}).flatMap(([sessionID, status]) =>
    ofEvent({ type: 'session.status', properties: { sessionID, status } }, anchor, 'server'),
  );
}

function ofEvent(event: JsonRecord, anchor: ResetAnchor, source: SignalSource): readonly Signal[] {
  const properties = recordOf(event['properties']);
  const sessionId = stringOf(properties?.['sessionID']);
  if (properties === undefined || sessionId === undefined) return [];
  const base = { sessionId, atMs: anchor.atMs, source };
  switch (event['type']) {
    case 'session.status':
      return ofStatus(properties['status'], base, anchor);
    case 'session.idle':
      return [{ ...base, kind: 'idle' }];
    case 'session.error':
      return isRecord(properties['error'])
        ? [
            {
              ...base,
              kind: 'failed',
              verdict: classifyOpenCodeError(properties['error'], anchor, 'opencode event'),
            },
          ]
        : [];
    case 'permission.asked':
    case 'permission.updated':
    case 'question.asked':
      return [
        {
          ...base,
          kind: 'asks',
          evidence: evidence('opencode event', String(event['type']), askedFor(properties)),
        },
      ];
    case 'permission.replied':
    case 'question.replied':
      return [{ ...base, kind: 'working' }];
    default:
      return [];
  }
}

type Base = Readonly<{ sessionId: string; atMs: number; source: SignalSource }>;

function ofStatus(status: unknown, base: Base, anchor: ResetAnchor): readonly Signal[] {
  switch (at(status, 'type')) {
    case 'retry':
      return [{ ...base, kind: 'waits', verdict: classifyRetry(status, anchor, 'opencode status') }];
    case 'busy':
      return [{ ...base, kind: 'working' }];
    case 'idle':
      return [{ ...base, kind: 'idle' }];
    default:
      return [];
  }
}

function askedFor(properties: JsonRecord): string {
  return stringOf(properties['permission']) ?? stringOf(properties['title']) ?? 'a permission';
}

/** A line of a recording of events: `{t, event}`. */
export function parseEventLine(line: string): JsonRecord | undefined {
  return recordOf(parseRecord(line)?.['event']);
}
