import type { Finding } from './finding.js';
import { errorFactsOf } from './error-shape.js';
import { isRecord, stringOf } from './json-record.js';
import type { ResetAnchor } from './reset-text.js';
import { evidence } from './stop.js';
import { classifyFacts, type WordingTable } from './wording.js';

const SOURCE = 'error json';
/** What tools, users and summaries say is never the agent's own error. */
const FOREIGN = /^(?:tool|user|summary|last-prompt|message|text|input)\b/i;

/** What JSON of no known record means: an error however it is wrapped, or nothing. */
export function classifyErrorJson(payload: unknown, table: WordingTable, anchor: ResetAnchor): Finding {
  if (!isErrorShaped(payload)) return notAStop('no-error', payload);
  return classifyFacts(errorFactsOf(payload, SOURCE, anchor.atMs), table, anchor);
}

export function notAStop(rule: string, payload: unknown): Finding {
  const text = typeof payload === 'string' ? payload : typeOf(payload);
  return { reason: 'not_a_stop', confidence: 0.9, evidence: evidence(SOURCE, rule, text) };
}

function typeOf(payload: unknown): string {
  return isRecord(payload) ? (stringOf(payload['type']) ?? '') : '';
}

function isErrorShaped(payload: unknown): boolean {
  if (Array.isArray(payload)) return payload.some(isErrorShaped);
  if (!isRecord(payload) || FOREIGN.test(typeOf(payload))) return false;
  const { type, name, error, detail, code, status, message, reason, stack } = payload;
  return (
    (error != null && error !== '') ||
    typeof payload['terminationReason'] === 'string' ||
    (typeof detail === 'string' && Object.keys(payload).length <= 2) ||
    ((code !== undefined || typeof status === 'number' || reason !== undefined || stack !== undefined) &&
      message !== undefined) ||
    (typeof code === 'string' && Object.keys(payload).length === 1) ||
    [type, name].some((word) => typeof word === 'string' && /(?:error|failed|_reached|exceeded)$/i.test(word))
  );
}
