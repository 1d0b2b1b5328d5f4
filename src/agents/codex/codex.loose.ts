import { classifyErrorJson, notAStop } from '../../core/classify-json.js';
import { classifyScreen } from '../../core/classify-screen.js';
import type { Finding } from '../../core/finding.js';
import { isRecord, recordOf, stringOf, type JsonRecord } from '../../core/json-record.js';
import type { LooseRecord } from '../../core/ports/agent.js';
import type { ResetAnchor } from '../../core/reset-text.js';
import { evidence, type StopReason } from '../../core/stop.js';
import { classifyCodexError } from './codex.classifier.js';
import { fullWindow, reachedName } from './codex.limits.js';
import { CODEX_WORDING } from './codex.wording.js';

/** While it tries again, Codex says so in errors that are not final. */
const RECONNECTING = /^Reconnecting\b/;

/** What one record of Codex means: of a rollout, `exec --json`, the app server, a hook, an answer, or its screen. */
export function classifyLoose(record: LooseRecord, zone: string): Finding {
  const anchor = { atMs: record.atMs, zone };
  if (record.kind === 'text')
    return classifyScreen(record.payload, CODEX_WORDING, anchor, { retryIsStop: false });
  const { payload } = record;
  if (!isRecord(payload)) return classifyErrorJson(payload, CODEX_WORDING, anchor);
  if (typeof payload['method'] === 'string')
    return classifyRpc(payload['method'], recordOf(payload['params']), anchor);
  if (typeof payload['hook_event_name'] === 'string') return classifyHook(payload, anchor);
  if (isRecord(payload['payload'])) return classifyRollout(payload, payload['payload'], anchor);
  if (isRecord(payload['rate_limits'])) return classifyTokenCount(payload, anchor);
  return classifyEvent(payload, anchor);
}

function classifyRollout(record: JsonRecord, payload: JsonRecord, anchor: ResetAnchor): Finding {
  if (record['type'] !== 'event_msg') return notAStop('rollout', record);
  switch (payload['type']) {
    case 'task_complete':
      return payload['error'] == null
        ? stop('completed', 'rollout', 'task_complete', 'the turn ended')
        : classifyCodexError(payload['error'], undefined, anchor);
    case 'turn_aborted':
      return stop('user_exit', 'rollout', 'turn_aborted', stringOf(payload['reason']) ?? '');
    case 'error':
      return classifyCodexError(payload, undefined, anchor);
    case 'token_count':
      return classifyTokenCount(payload, anchor);
    default:
      return notAStop('rollout', payload);
  }
}

/** Full windows are no stop by themselves; that one is reached is, where the server says so. */
function classifyTokenCount(payload: JsonRecord, anchor: ResetAnchor): Finding {
  const limits = recordOf(payload['rate_limits']);
  const named = limits === undefined ? undefined : reachedName(limits);
  if (limits === undefined || named === undefined) return notAStop('token_count', payload);
  const rule = `rate_limit_reached_type=${named}`;
  if (/credit|spend/i.test(named)) return stop('billing', 'rollout', rule, '');
  return {
    ...stop('usage_limit', 'rollout', rule, ''),
    ...(fullWindow(limits, anchor.atMs) ?? fullWindow(limits, 0)),
  };
}

function classifyEvent(event: JsonRecord, anchor: ResetAnchor): Finding {
  switch (event['type']) {
    case 'turn.completed':
      return stop('completed', 'exec', 'turn.completed', 'the turn ended');
    case 'turn.failed':
      return classifyCodexError(messageOf(event['error']), undefined, anchor, 'codex exec');
    case 'error':
      return typeof event['message'] === 'string'
        ? classifyMessage(event['message'], anchor)
        : classifyErrorJson(event, CODEX_WORDING, anchor);
    default:
      return classifyErrorJson(event, CODEX_WORDING, anchor);
  }
}

function classifyMessage(message: string, anchor: ResetAnchor): Finding {
  if (RECONNECTING.test(message)) return notAStop('reconnecting', message);
  const info = /^\w+$/.test(message) ? message : undefined;
  return classifyCodexError({ message, codex_error_info: info }, undefined, anchor, 'codex exec');
}

/** Messages of the app server. */
function classifyRpc(method: string, params: JsonRecord | undefined, anchor: ResetAnchor): Finding {
  if (method === 'error') return classifyRpcError(params, anchor);
  if (method === 'turn/completed') return classifyTurn(recordOf(params?.['turn']), anchor);
  return notAStop(method, params);
}

/** `willRetry` says that an error is not final. */
function classifyRpcError(params: JsonRecord | undefined, anchor: ResetAnchor): Finding {
  if (params?.['willRetry'] === true) return notAStop('will-retry', params);
  if (isRecord(params?.['error']))
    return classifyCodexError(params['error'], undefined, anchor, 'codex app-server');
  return classifyMessage(stringOf(params?.['message']) ?? '', anchor);
}

function classifyTurn(turn: JsonRecord | undefined, anchor: ResetAnchor): Finding {
  switch (turn?.['status']) {
    case 'failed':
      return classifyCodexError(turn['error'], undefined, anchor, 'codex app-server');
    case 'interrupted':
      return stop('user_exit', 'app-server', 'status=interrupted', '');
    default:
      return stop('completed', 'app-server', 'turn/completed', 'the turn ended');
  }
}

/** What a hook is told (0.169.0). */
export function classifyHook(hook: JsonRecord, anchor: ResetAnchor): Finding {
  const event = hook['hook_event_name'];
  if (event === 'PostModelRequest' && hook['status'] === 'failed')
    return classifyCodexError(messageOf(hook['error']), undefined, anchor, 'codex hook');
  if (event === 'Stop') return stop('completed', 'hook', 'Stop', 'the turn ended');
  if (event === 'Interrupt') return stop('user_exit', 'hook', 'Interrupt', '');
  if (event === 'PermissionRequest')
    return stop('awaiting_input', 'hook', event, stringOf(hook['tool_name']) ?? '');
  return notAStop('hook', hook);
}

function messageOf(error: unknown): unknown {
  return typeof error === 'string' ? { message: error } : error;
}

function stop(reason: StopReason, source: string, rule: string, text: string): Finding {
  return { reason, confidence: 1, evidence: evidence(`codex ${source}`, rule, text) };
}
