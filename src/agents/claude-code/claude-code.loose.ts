import { classifyErrorJson, notAStop } from '../../core/classify-json.js';
import { classifyScreen } from '../../core/classify-screen.js';
import type { Finding } from '../../core/finding.js';
import { isRecord, listOf, numberOf, recordOf, stringOf, type JsonRecord } from '../../core/json-record.js';
import type { LooseRecord } from '../../core/ports/agent.js';
import type { ResetAnchor } from '../../core/reset-text.js';
import { evidence, type StopReason } from '../../core/stop.js';
import { classifyFacts } from '../../core/wording.js';
import { classifyError, statedLimit } from './claude-code.classifier.js';
import { isErrorRecord, textOf } from './claude-code.records.js';
import { CLAUDE_CODE_WORDING } from './claude-code.wording.js';

/** What one record of Claude Code means: of its transcript, stream, hooks, registry, or words of its screen. */
export function classifyLoose(record: LooseRecord, zone: string): Finding {
  const anchor = { atMs: record.atMs, zone };
  if (record.kind === 'text')
    return classifyScreen(record.payload, CLAUDE_CODE_WORDING, anchor, { retryIsStop: false });
  const { payload } = record;
  if (!isRecord(payload)) return classifyErrorJson(payload, CLAUDE_CODE_WORDING, anchor);
  if (payload['isSidechain'] === true || payload['parent_tool_use_id'] != null || payload['agent_id'] != null)
    return notAStop('subagent', payload);
  if (stringOf(payload['hook_event_name']) !== undefined) return classifyHook(payload, anchor);
  return classifyTyped(payload, anchor);
}

function classifyTyped(record: JsonRecord, anchor: ResetAnchor): Finding {
  switch (record['type']) {
    case 'assistant':
      return classifyAssistant(record, anchor);
    case 'user':
      return /^\[Request interrupted by user/.test(textOf(recordOf(record['message'])))
        ? stop('user_exit', 'transcript', 'interrupted', 'the user interrupted the turn')
        : notAStop('user', record);
    case 'system':
      return typeof record['subtype'] === 'string'
        ? said(stringOf(record['content']) ?? '', anchor)
        : said(textOf(recordOf(record['message'])) || (stringOf(record['message']) ?? ''), anchor);
    case 'result':
      return classifyResult(record, anchor);
    case 'rate_limit_event':
      return classifyLimit(record['rate_limit_info']);
    default:
      return classifyUntyped(record, anchor);
  }
}

function classifyAssistant(record: JsonRecord, anchor: ResetAnchor): Finding {
  if (isErrorRecord(record)) return classifyError(record, anchor);
  const message = recordOf(record['message']);
  const stopReason = message?.['stop_reason'];
  if (stopReason === 'end_turn' || stopReason === 'stop_sequence')
    return stop('completed', 'transcript', 'turn-ended', 'the model ended its turn');
  if (stopReason === 'refusal') return stop('refusal', 'transcript', 'refused', 'the model refused to go on');
  // Cut out of a record whose marks are lost: nothing but these words, and nothing that would be resumed.
  if (message !== undefined && message['model'] === undefined && /^Prompt is too long$/.test(textOf(message)))
    return stop('context_exhausted', 'transcript', 'text=prompt-too-long', textOf(message));
  return notAStop('model', record);
}

function classifyResult(record: JsonRecord, anchor: ResetAnchor): Finding {
  const ending = stringOf(record['terminal_reason']) ?? '';
  if (ending.startsWith('aborted')) return stop('user_exit', 'result', `terminal_reason=${ending}`, '');
  const subtype = stringOf(record['subtype']) ?? '';
  if (subtype.startsWith('error_max'))
    return stop('budget_exhausted', 'result', `subtype=${subtype}`, stringOf(record['result']) ?? '');
  if (record['is_error'] !== true) return stop('completed', 'result', 'is_error=false', 'the run ended well');
  const errors = listOf(record['errors']).filter((text) => typeof text === 'string');
  const text = stringOf(record['result']) ?? errors.join('; ');
  if (/No conversation found/.test(text)) return stop('session_missing', 'result', 'no-conversation', text);
  const code = stringOf(record['error']);
  return classifyFacts(
    {
      source: 'claude-code result',
      codes:
        code === undefined ? (numberOf(record['api_error_status']) === 429 ? ['rate_limit'] : []) : [code],
      status: numberOf(record['api_error_status']),
      text,
    },
    CLAUDE_CODE_WORDING,
    anchor,
  );
}

/** What a limit block says by itself; `allowed_warning` is near the limit, and a stop is only what was rejected. */
function classifyLimit(info: unknown): Finding {
  const limit = statedLimit(info);
  const status = stringOf(recordOf(info)?.['status']) ?? '';
  const rule = `rate_limit_info.status=${status}`;
  if (limit !== undefined)
    return {
      reason: 'usage_limit',
      confidence: 1,
      ...limit,
      evidence: evidence('claude-code stream', rule, ''),
    };
  return status === 'allowed_warning'
    ? { reason: 'warning_only', confidence: 1, evidence: evidence('claude-code stream', rule, '') }
    : notAStop(rule, info);
}

function classifyUntyped(record: JsonRecord, anchor: ResetAnchor): Finding {
  const limit = record['_claude/rateLimit'] ?? record['rate_limit_info'] ?? record['quotaLimits'];
  if (limit !== undefined) return classifyLimit(limit);
  const status = stringOf(record['status']);
  if (status !== undefined && /^(?:allowed|allowed_warning|rejected)$/.test(status))
    return classifyLimit(record);
  if (record['pid'] !== undefined && record['sessionId'] !== undefined) return classifyRegistry(record);
  return classifyErrorJson(record, CLAUDE_CODE_WORDING, anchor);
}

function classifyRegistry(record: JsonRecord): Finding {
  const waitingFor = record['status'] === 'waiting' ? stringOf(record['waitingFor']) : undefined;
  return waitingFor === undefined || waitingFor === 'dialog open'
    ? notAStop('registry', record)
    : stop('awaiting_input', 'registry', 'waiting', waitingFor);
}

/** What a hook is told (2.1.197; older ones say `error_type` and `error_message`). */
export function classifyHook(hook: JsonRecord, anchor: ResetAnchor): Finding {
  const said_ = stringOf(hook['last_assistant_message'] ?? hook['error_message']) ?? '';
  switch (hook['hook_event_name']) {
    case 'StopFailure':
      return classifyFailure(hook, said_, anchor);
    case 'Stop': {
      const finding = said(said_, anchor);
      return finding.reason === 'usage_limit' ? finding : stop('completed', 'hook', 'Stop', 'the turn ended');
    }
    case 'SessionEnd':
      return classifyEnd(stringOf(hook['reason']) ?? '');
    case 'Notification':
      return classifyNotification(stringOf(hook['notification_type']) ?? '', hook);
    default:
      return notAStop('hook', hook);
  }
}

function classifyFailure(hook: JsonRecord, text: string, anchor: ResetAnchor): Finding {
  const code = stringOf(hook['error'] ?? hook['error_type']) ?? '';
  const details = stringOf(hook['error_details']) ?? '';
  const known = code === 'api_error' ? [] : [code];
  return classifyFacts(
    { source: 'claude-code hook', codes: known, text: text === '' ? details : text },
    CLAUDE_CODE_WORDING,
    anchor,
  );
}

function classifyEnd(reason: string): Finding {
  return /^(?:clear|logout|prompt_input_exit|resume)$/.test(reason)
    ? stop('user_exit', 'hook', `SessionEnd reason=${reason}`, 'the user ended the session')
    : stop('unknown', 'hook', `SessionEnd reason=${reason}`, 'the session ended');
}

function classifyNotification(type: string, hook: JsonRecord): Finding {
  if (type.startsWith('quota_auto_resume')) return stop('usage_limit', 'hook', type, '');
  if (/^(?:permission_prompt|idle_prompt|elicitation_dialog|agent_needs_input)$/.test(type))
    return stop('awaiting_input', 'hook', `notification=${type}`, stringOf(hook['message']) ?? '');
  return notAStop(`notification=${type}`, hook);
}

function said(text: string, anchor: ResetAnchor): Finding {
  return classifyScreen(text, CLAUDE_CODE_WORDING, anchor, { retryIsStop: false });
}

function stop(reason: StopReason, source: string, rule: string, text: string): Finding {
  return {
    reason,
    confidence: reason === 'unknown' ? 0 : 1,
    evidence: evidence(`claude-code ${source}`, rule, text),
  };
}
