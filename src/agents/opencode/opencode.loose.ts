import { classifyErrorJson, notAStop } from '../../core/classify-json.js';
import { classifyScreen } from '../../core/classify-screen.js';
import type { Finding } from '../../core/finding.js';
import { at, isRecord, recordOf, stringOf, type JsonRecord } from '../../core/json-record.js';
import type { LooseRecord } from '../../core/ports/agent.js';
import type { ResetAnchor } from '../../core/reset-text.js';
import { evidence, type StopReason, type Verdict } from '../../core/stop.js';
import { classifyOpenCodeError, classifyRetry } from './opencode.classifier.js';
import { OPENCODE_WORDING } from './opencode.wording.js';

/** What one record of OpenCode means: an event, a status map, a line of `run`, an error, a message row, its screen. */
export function classifyLoose(record: LooseRecord, zone: string): Finding {
  const anchor = { atMs: record.atMs, zone };
  // It says what it waits for, and for how long.
  if (record.kind === 'text')
    return classifyScreen(record.payload, OPENCODE_WORDING, anchor, { retryIsStop: true });
  const { payload } = record;
  if (!isRecord(payload)) return classifyErrorJson(payload, OPENCODE_WORDING, anchor);
  const event = recordOf(payload['event']) ?? payload;
  const properties = recordOf(event['properties']);
  if (properties !== undefined) return classifyEvent(event, properties, anchor);
  const data = recordOf(payload['data']) ?? recordOf(payload['info']);
  if (data !== undefined && (typeof data['role'] === 'string' || payload['info'] !== undefined))
    return classifyMessage(data, anchor);
  return classifyStatusMap(payload, anchor) ?? classifyLine(payload, anchor);
}

function classifyEvent(event: JsonRecord, properties: JsonRecord, anchor: ResetAnchor): Finding {
  switch (event['type']) {
    case 'session.error':
      return classifyOpenCodeError(properties['error'], anchor, 'opencode event');
    case 'session.idle':
      return stop('completed', 'event', 'session.idle', 'the session is idle');
    case 'session.status':
      return classifyStatus(properties['status'], anchor) ?? notAStop('status', properties);
    case 'permission.asked':
    case 'permission.updated':
    case 'question.asked':
      return stop('awaiting_input', 'event', String(event['type']), stringOf(properties['permission']) ?? '');
    default:
      return notAStop('event', event);
  }
}

function classifyStatus(status: unknown, anchor: ResetAnchor): Verdict | undefined {
  if (at(status, 'type') === 'retry') return classifyRetry(status, anchor, 'opencode status');
  return at(status, 'type') === 'idle'
    ? stop('completed', 'status', 'idle', 'the session is idle')
    : undefined;
}

/** `GET /session/status`: what each session does; the one that waits is what it tells. */
function classifyStatusMap(map: JsonRecord, anchor: ResetAnchor): Finding | undefined {
  const states = Object.values(map).filter((value) =>
    /^(?:busy|retry|idle)$/.test(String(at(value, 'type'))),
  );
  if (states.length === 0 || states.length < Object.keys(map).length) return undefined;
  const waiting = states.find((value) => at(value, 'type') === 'retry') ?? states[0];
  return classifyStatus(waiting, anchor) ?? notAStop('busy', map);
}

function classifyMessage(data: JsonRecord, anchor: ResetAnchor): Finding {
  if (data['error'] != null) return classifyOpenCodeError(data['error'], anchor, 'opencode message');
  const finish = stringOf(data['finish']);
  return finish === undefined || finish === 'tool-calls'
    ? notAStop('message', data)
    : stop('completed', 'message', `finish=${finish}`, 'the turn ended');
}

function classifyLine(line: JsonRecord, anchor: ResetAnchor): Finding {
  if (line['type'] === 'error' && isRecord(line['error']))
    return classifyOpenCodeError(line['error'], anchor, 'opencode run');
  if (line['type'] === 'step_finish')
    return at(line, 'part', 'reason') === 'stop'
      ? stop('completed', 'run', 'step_finish', 'the turn ended')
      : notAStop('run', line);
  if (typeof line['name'] === 'string' && line['data'] !== undefined)
    return classifyOpenCodeError(line, anchor, 'opencode error');
  return classifyErrorJson(line, OPENCODE_WORDING, anchor);
}

function stop(reason: StopReason, source: string, rule: string, text: string): Verdict {
  return { reason, confidence: 1, evidence: evidence(`opencode ${source}`, rule, text) };
}
