import { isRecord, recordOf, stringOf, type JsonRecord } from '../../core/json-record.js';
import type { ResetAnchor } from '../../core/reset-text.js';
import type { Signal } from '../../core/signal.js';
import { isStop } from '../../core/finding.js';
import { classifyHook } from './claude-code.loose.js';

/**
 * What a hook reports (2.1.197), as the agent hands it over or in a recording's `in`. A failure of a helper names its
 * agent and is not the session's own.
 */
export function claudeCodeSignals(report: unknown, anchor: ResetAnchor): readonly Signal[] {
  const hook = recordOf(recordOf(report)?.['in']) ?? report;
  if (!isRecord(hook) || hook['agent_id'] !== undefined) return [];
  const sessionId = stringOf(hook['session_id']);
  return sessionId === undefined ? [] : ofHook(hook, sessionId, anchor);
}

function ofHook(hook: JsonRecord, sessionId: string, anchor: ResetAnchor): readonly Signal[] {
  const base = { sessionId, atMs: anchor.atMs, source: 'hook' as const };
  if (hook['hook_event_name'] === 'UserPromptSubmit') return [{ ...base, kind: 'working' }];
  if (hook['hook_event_name'] === 'Stop') return [{ ...base, kind: 'idle' }];
  const finding = classifyHook(hook, anchor);
  if (!isStop(finding)) return [];
  if (hook['hook_event_name'] === 'StopFailure') return [{ ...base, kind: 'failed', verdict: finding }];
  if (finding.reason === 'user_exit') return [{ ...base, kind: 'left', evidence: finding.evidence }];
  return finding.reason === 'awaiting_input' ? [{ ...base, kind: 'asks', evidence: finding.evidence }] : [];
}
