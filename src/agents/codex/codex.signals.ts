import { isStop } from '../../core/finding.js';
import { recordOf, stringOf, type JsonRecord } from '../../core/json-record.js';
import type { ResetAnchor } from '../../core/reset-text.js';
import type { Signal } from '../../core/signal.js';
import { classifyHook } from './codex.loose.js';

/**
 * What a hook reports (0.169.0). That of a helper names its agent and its parent's session, and is not the session's
 * own. A request that was given up is told by its Interrupt, and the end of a session says nothing of who ended it.
 */
export function codexSignals(report: unknown, anchor: ResetAnchor): readonly Signal[] {
  const hook = recordOf(report);
  const sessionId = stringOf(hook?.['session_id']);
  if (hook === undefined || sessionId === undefined || hook['agent_id'] !== undefined) return [];
  return ofHook(hook, sessionId, anchor);
}

function ofHook(hook: JsonRecord, sessionId: string, anchor: ResetAnchor): readonly Signal[] {
  const base = { sessionId, atMs: anchor.atMs, source: 'hook' as const };
  const { hook_event_name: event, status } = hook;
  if (event === 'UserPromptSubmit') return [{ ...base, kind: 'working' }];
  if (event === 'Stop') return [{ ...base, kind: 'idle' }];
  if (event === 'PostModelRequest' && status === 'completed') return [{ ...base, kind: 'working' }];
  const finding = classifyHook(hook, anchor);
  if (!isStop(finding)) return [];
  if (event === 'PostModelRequest') return [{ ...base, kind: 'failed', verdict: finding }];
  if (finding.reason === 'user_exit') return [{ ...base, kind: 'left', evidence: finding.evidence }];
  return finding.reason === 'awaiting_input' ? [{ ...base, kind: 'asks', evidence: finding.evidence }] : [];
}
