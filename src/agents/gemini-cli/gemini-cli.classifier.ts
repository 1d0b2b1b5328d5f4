import { classifyErrorJson } from '../../core/classify-json.js';
import { classifyScreen } from '../../core/classify-screen.js';
import { errorFactsOf } from '../../core/error-shape.js';
import type { Finding } from '../../core/finding.js';
import type { ResetAnchor } from '../../core/reset-text.js';
import type { Verdict } from '../../core/stop.js';
import { classifyFacts, type ErrorFacts } from '../../core/wording.js';
import { GEMINI_CLI_WORDING } from './gemini-cli.wording.js';

/** A day's quota does not come back with the short delay that Google states along with it. */
const SHORT_DELAY_MS = 5 * 60_000;
const SOURCE = 'gemini-cli error';
/** The exit code of a failed headless run is the HTTP status, of which a process keeps the lowest byte. */
const HTTP_STATUSES = [400, 401, 403, 404, 408, 429, 499, 500, 502, 503, 504];
const BYTE = 256;

/** What an error of Gemini CLI means: words, or JSON of Google's API in words. */
export function classifyGeminiError(
  message: string,
  status: number | undefined,
  anchor: ResetAnchor,
): Verdict {
  const inner = message.replace(/^\[API Error: ([\s\S]*?)\](?=\s|$)/, '$1');
  const facts = errorFactsOf({ message: inner }, SOURCE, anchor.atMs);
  return classify({ ...facts, text: `${facts.text}\n${message}`, status: facts.status ?? status }, anchor);
}

export function classifyGeminiJson(payload: unknown, anchor: ResetAnchor): Finding {
  const finding = classifyErrorJson(payload, GEMINI_CLI_WORDING, anchor);
  if (finding.reason === 'not_a_stop') return finding;
  return classify(errorFactsOf(payload, SOURCE, anchor.atMs), anchor);
}

export function classifyGeminiText(text: string, anchor: ResetAnchor): Finding {
  return classifyScreen(text, GEMINI_CLI_WORDING, anchor, { retryIsStop: false });
}

/** The HTTP status an exit code stands for, or undefined. */
export function statusOfExit(code: number | undefined): number | undefined {
  return HTTP_STATUSES.find((status) => status % BYTE === code);
}

function classify(facts: ErrorFacts, anchor: ResetAnchor): Verdict {
  const verdict = classifyFacts(facts, GEMINI_CLI_WORDING, anchor);
  const { reset, ...without } = verdict;
  if (reset === undefined || verdict.reason !== 'usage_limit') return verdict;
  return reset.atMs - anchor.atMs < SHORT_DELAY_MS && /per ?day|daily/i.test(facts.text) ? without : verdict;
}
