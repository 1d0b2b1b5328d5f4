import { errorFactsOf } from '../../core/error-shape.js';
import { numberOf, recordOf, stringOf } from '../../core/json-record.js';
import { epochMs, type ResetAnchor } from '../../core/reset-text.js';
import type { Reset, Verdict } from '../../core/stop.js';
import { classifyFacts } from '../../core/wording.js';
import { OPENCODE_WORDING } from './opencode.wording.js';

/** What an error of OpenCode means: `{name, data}` of a message or a `session.error`, or the words of its log. */
export function classifyOpenCodeError(error: unknown, anchor: ResetAnchor, source: string): Verdict {
  const facts = errorFactsOf(typeof error === 'string' ? { message: error } : error, source, anchor.atMs);
  return classifyFacts(facts, OPENCODE_WORDING, anchor);
}

/** A `retry` status: the agent tries again by itself at `next`, which honours what the provider asked for. */
export function classifyRetry(status: unknown, anchor: ResetAnchor, source: string): Verdict {
  const fields = recordOf(status);
  const next = numberOf(fields?.['next']) ?? 0;
  const atMs = epochMs(next);
  const reset: Reset | undefined =
    atMs === undefined ? undefined : { atMs, source: 'structured', raw: `retry.next=${next}` };
  const action = stringOf(recordOf(fields?.['action'])?.['reason']);
  const facts = {
    source,
    codes: action === undefined ? [] : [action],
    text: stringOf(fields?.['message']) ?? '',
    reset,
  };
  return { ...classifyFacts(facts, OPENCODE_WORDING, anchor), waitsItself: true };
}
