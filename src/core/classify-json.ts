import type { Finding } from './finding.js';
import { errorFactsOf } from './error-shape.js';
import { isRecord, stringOf, type JsonRecord } from './json-record.js';
import type { ResetAnchor } from './reset-text.js';
import { evidence } from './stop.js';
import { classifyFacts, type WordingTable } from './wording.js';

const SOURCE = 'error json';
/** What tools, users and summaries say is never the agent's own error. */
const FOREIGN = /^(?:tool|user|summary|last-prompt|(?:message|text|input)(?!_))(?![a-z\d])/i;

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

const ERROR_NAME = /(?:error|failed|_reached|exceeded)$/i;

function isErrorShaped(payload: unknown): boolean {
  if (Array.isArray(payload)) return payload.some(isErrorShaped);
  if (!isRecord(payload) || FOREIGN.test(typeOf(payload))) return false;
  const { type, name, error, terminationReason } = payload;
  return (
    (error != null && error !== '') ||
    typeof terminationReason === 'string' ||
    isBareError(payload) ||
    [type, name].some((word) => typeof word === 'string' && ERROR_NAME.test(word))
  );
}

/** An error without its wrapping: a code beside a message, or one of them with nothing else. */
function isBareError(payload: JsonRecord): boolean {
  const { code, status, message, reason, stack, detail } = payload;
  const fields = Object.keys(payload).length;
  if (typeof detail === 'string') return fields <= 2;
  if (typeof code === 'string' && fields === 1) return true;
  const isMarked =
    code !== undefined || typeof status === 'number' || reason !== undefined || stack !== undefined;
  return isMarked && message !== undefined;
}
