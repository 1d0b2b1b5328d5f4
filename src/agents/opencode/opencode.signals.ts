import { at, isRecord, parseJson, recordOf, stringOf, type JsonRecord } from '../../core/json-record.js';
import type { ResetAnchor } from '../../core/reset-text.js';
import type { Signal, SignalSource } from '../../core/signal.js';
import { evidence } from '../../core/stop.js';
import { classifyOpenCodeError, classifyRetry } from './opencode.classifier.js';
import { logSignals } from './opencode.log.js';

/** Most of what a server tells are pieces of an answer. */
const MATTERS = /"session\.(?:status|idle|error)"|"(?:permission|question)\.|^\{"ses_|^\[/;

/**
 * A line of the log, an event or an answer of the server (as text), or an event of a plugin, which sees the same
 * (1.18.33).
 */
export function openCodeSignals(report: unknown, zone: string, nowMs: number): readonly Signal[] {
  if (typeof report !== 'string') return ofReport(report, zone, nowMs);
  if (!/^[[{]/.test(report)) return logSignals(report, zone);
  return MATTERS.test(report) ? ofReport(parseJson(report), zone, nowMs) : [];
}

function ofReport(report: unknown, zone: string, nowMs: number): readonly Signal[] {
  if (Array.isArray(report)) return ofPermissions(report, { atMs: nowMs, zone });
  const wrapped = recordOf(report);
  if (wrapped !== undefined && Object.keys(wrapped).some((key) => key.startsWith('ses_')))
    return statusSignals(wrapped, zone, nowMs);
  const event = recordOf(wrapped?.['event']) ?? recordOf(wrapped?.['payload']) ?? wrapped;
  if (event === undefined) return [];
  const source: SignalSource = wrapped?.['pid'] === undefined ? 'server' : 'hook';
  return ofEvent(event, { atMs: nowMs, zone }, source);
}

/** The state of every session the server works on: `GET /session/status`. What it does not name is idle. */
function statusSignals(answer: unknown, zone: string, nowMs: number): readonly Signal[] {
  const anchor = { atMs: nowMs, zone };
  return Object.entries(recordOf(answer) ?? {}).flatMap(([sessionID, status]) =>
    ofEvent({ type: 'session.status', properties: { sessionID, status } }, anchor, 'server'),
  );
}

/** What waits for a person: `GET /permission`. */
function ofPermissions(answer: readonly unknown[], anchor: ResetAnchor): readonly Signal[] {
  return answer.flatMap((asked) =>
    ofEvent({ type: 'permission.asked', properties: asked }, anchor, 'server'),
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
  return stringOf(properties['permission']) ?? stringOf(properties['title']) ?? 'an answer';
}
