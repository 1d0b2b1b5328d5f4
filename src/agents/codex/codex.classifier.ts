import { numberOf, recordOf, stringOf } from '../../core/json-record.js';
import type { ResetAnchor } from '../../core/reset-text.js';
import type { Verdict } from '../../core/stop.js';
import { classifyFacts, type ErrorFacts } from '../../core/wording.js';
import { fullWindow } from './codex.limits.js';
import { CODEX_WORDING } from './codex.wording.js';

/** Where the words of an error name the HTTP status that its fields leave out. */
const STATUS_IN_TEXT = /(?:unexpected status|last status:|status code:?) (\d{3})\b/i;

/**
 * What an error of Codex means: `{message, codex_error_info}` of the rollout, `codexErrorInfo` of the app server, or
 * the message of `codex exec --json` alone. The reset comes from the window that is full, else from the words.
 */
export function classifyCodexError(
  error: unknown,
  rateLimits: unknown,
  anchor: ResetAnchor,
  source = 'codex rollout',
): Verdict {
  const facts = factsOf(error, source);
  const full = facts.codes.includes('usage_limit_exceeded') ? fullWindow(rateLimits, anchor.atMs) : undefined;
  return classifyFacts({ ...facts, ...full }, CODEX_WORDING, anchor);
}

function factsOf(error: unknown, source: string): ErrorFacts {
  const fields = recordOf(error);
  const text = stringOf(fields?.['message']) ?? '';
  const info = fields?.['codex_error_info'] ?? fields?.['codexErrorInfo'];
  const [name, detail] = Object.entries(recordOf(info) ?? {})[0] ?? [stringOf(info)];
  const stated = recordOf(detail);
  const status =
    numberOf(stated?.['http_status_code'] ?? stated?.['httpStatusCode']) ??
    numberOf(Number(STATUS_IN_TEXT.exec(text)?.[1]));
  return { source, codes: name === undefined ? [] : [snakeCase(name)], status, text };
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
