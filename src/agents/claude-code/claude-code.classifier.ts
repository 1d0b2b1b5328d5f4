import { parseResetText, type ResetAnchor } from '../../core/reset-text.js';
import { evidence, type Reset, type StopReason, type Verdict } from '../../core/stop.js';
import { numberOf, recordOf, stringOf, textOf, type JsonRecord } from './claude-code.records.js';

/** A limit as the agent states it: on a stream event, or since 2.1.330 on the error record itself. */
export type StatedLimit = Readonly<{ reset?: Reset; window?: string }>;

/**
 * The limit an agent structure states as rejected, or undefined. `allowed` and `allowed_warning` bind nothing.
 * `resetsAt` is in epoch seconds; 0 means it is not known.
 */
export function statedLimit(value: unknown): StatedLimit | undefined {
  const info = recordOf(value);
  if (info?.['status'] !== 'rejected') return undefined;
  const resetsAt = numberOf(info['resetsAt']);
  const window = stringOf(info['rateLimitType']);
  return {
    ...(resetsAt === undefined || resetsAt <= 0
      ? {}
      : { reset: { atMs: resetsAt * 1000, source: 'structured' as const, raw: String(resetsAt) } }),
    ...(window === undefined ? {} : { window }),
  };
}

/** What decides between reasons that share one `error` code. First match wins. */
type Rule = Readonly<{
  id: string;
  reason: StopReason;
  confidence: number;
  when: (facts: ErrorFacts) => boolean;
}>;

type ErrorFacts = Readonly<{ error: string; status: number | undefined; text: string }>;

const says =
  (pattern: RegExp) =>
  ({ text }: ErrorFacts): boolean =>
    pattern.test(text);
const is =
  (...errors: readonly string[]) =>
  ({ error }: ErrorFacts): boolean =>
    errors.includes(error);
const status =
  (...codes: readonly number[]) =>
  (facts: ErrorFacts): boolean =>
    facts.status !== undefined && codes.includes(facts.status);
const both =
  (a: Rule['when'], b: Rule['when']) =>
  (facts: ErrorFacts): boolean =>
    a(facts) && b(facts);

/**
 * The `error` codes, statuses and words of Claude Code 2.1.197 and 2.1.330. Words decide only where the
 * agent's own fields do not, and only inside a record it marks as an error.
 */
const RULES: readonly Rule[] = [
  { id: 'error=billing_error', reason: 'billing', confidence: 1, when: is('billing_error') },
  {
    id: 'error=authentication_failed',
    reason: 'auth',
    confidence: 1,
    when: is('authentication_failed', 'oauth_org_not_allowed'),
  },
  { id: 'error=model_not_found', reason: 'config', confidence: 1, when: is('model_not_found') },
  { id: 'error=overloaded', reason: 'overloaded', confidence: 1, when: is('overloaded') },
  { id: 'error=server_error', reason: 'overloaded', confidence: 1, when: is('server_error') },
  {
    id: 'text=not-your-usage-limit',
    reason: 'rate_limit',
    confidence: 0.95,
    when: both(is('rate_limit'), says(/not your usage limit|Request rejected \(429\)/i)),
  },
  {
    id: 'text=limit-reached',
    reason: 'usage_limit',
    confidence: 0.95,
    when: both(
      is('rate_limit'),
      says(/\blimit\b.*\bresets?\b|(?:hit|reached) your .{0,40}limit|limit reached/is),
    ),
  },
  { id: 'error=rate_limit', reason: 'rate_limit', confidence: 0.7, when: is('rate_limit') },
  {
    id: 'text=prompt-too-long',
    reason: 'context_exhausted',
    confidence: 0.95,
    when: both(is('invalid_request', ''), says(/prompt is too long|context limit reached/i)),
  },
  { id: 'text=credit', reason: 'billing', confidence: 0.9, when: says(/credit balance is too low/i) },
  { id: 'text=overloaded', reason: 'overloaded', confidence: 0.9, when: says(/\boverloaded\b/i) },
  { id: 'status=5xx', reason: 'overloaded', confidence: 0.9, when: status(500, 502, 503, 504, 529) },
  { id: 'status=401/403', reason: 'auth', confidence: 0.9, when: status(401, 403) },
  { id: 'status=402', reason: 'billing', confidence: 0.9, when: status(402) },
  {
    id: 'text=connection',
    reason: 'network',
    confidence: 0.9,
    when: says(/connection error|unable to connect|ECONN|ETIMEDOUT|ENOTFOUND|socket|timed? ?out/i),
  },
];

/**
 * What an error record of the agent means. A record marked as an error whose words no rule knows is
 * `unknown`, with those words as evidence; a limit stated in fields is a limit whatever the words.
 */
export function classifyError(record: JsonRecord, anchor: ResetAnchor): Verdict {
  const text = textOf(recordOf(record['message']));
  const facts: ErrorFacts = {
    error: stringOf(record['error']) ?? '',
    status: numberOf(record['apiErrorStatus']),
    text,
  };
  const limit = statedLimit(record['quotaLimits']);
  if (limit !== undefined)
    return {
      reason: 'usage_limit',
      confidence: 1,
      ...limit,
      evidence: cite('quotaLimits.status=rejected', text),
    };
  const rule = RULES.find(({ when }) => when(facts));
  if (rule === undefined) return { reason: 'unknown', confidence: 0, evidence: cite('no-rule', text) };
  const reset = rule.reason === 'usage_limit' ? parseResetText(text, anchor) : undefined;
  return {
    reason: rule.reason,
    confidence: rule.confidence,
    ...(reset === undefined ? {} : { reset }),
    ...windowOf(rule.reason, text),
    evidence: cite(rule.id, text),
  };
}

const WINDOWS: readonly (readonly [RegExp, string])[] = [
  [/session limit|5-hour limit/i, 'five_hour'],
  [/weekly limit/i, 'seven_day'],
  [/opus limit/i, 'seven_day_opus'],
  [/sonnet limit/i, 'seven_day_sonnet'],
];

function windowOf(reason: StopReason, text: string): { window?: string } {
  if (reason !== 'usage_limit') return {};
  const window = WINDOWS.find(([pattern]) => pattern.test(text))?.[1];
  return window === undefined ? {} : { window };
}

function cite(rule: string, text: string): Verdict['evidence'] {
  return evidence('claude-code error record', rule, text);
}
