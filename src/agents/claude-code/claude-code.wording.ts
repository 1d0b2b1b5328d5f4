import { COMMON_RULES } from '../../core/common-wording.js';
import type { WordingTable } from '../../core/wording.js';

/** Names under which a limit of any kind is reported; `''`: none, as in words alone. */
const LIMIT = ['rate_limit', 'rate_limit_error', ''];

/**
 * The `error` codes, statuses and words of Claude Code 2.1.197 and 2.1.330. Words decide only where the agent's own
 * fields do not.
 */
export const CLAUDE_CODE_WORDING: WordingTable = {
  agent: 'claude-code',
  version: '2026-11-26',
  rules: [
    { id: 'error=billing_error', reason: 'billing', confidence: 1, codes: ['billing_error'] },
    {
      id: 'error=authentication_failed',
      reason: 'auth',
      confidence: 1,
      codes: ['authentication_failed', 'oauth_org_not_allowed'],
    },
    { id: 'error=model_not_found', reason: 'config', confidence: 1, codes: ['model_not_found'] },
    {
      id: 'text=stalled',
      reason: 'timeout',
      confidence: 0.95,
      codes: ['server_error', 'unknown', ''],
      text: /response (?:stopped arriving|stalled)|(?:request|operation) timed out/i,
    },
    {
      // No answer at all, for which the agent names the server, too.
      id: 'text=connection',
      reason: 'network',
      confidence: 0.95,
      codes: ['server_error'],
      text: /\bconnection\b.{0,40}\b(?:lost|closed|reset|refused|failed|error)|unable to connect|went to sleep|\bECONN/i,
    },
    { id: 'error=server_error', reason: 'overloaded', confidence: 1, codes: ['overloaded', 'server_error'] },
    {
      id: 'text=too-large',
      reason: 'context_exhausted',
      confidence: 0.9,
      codes: ['invalid_request', 'invalid_request_error', ''],
      text: /request too large \(max|context limit reached|prompt is too long|conversation too long/i,
    },
    {
      id: 'text=not-your-usage-limit',
      reason: 'rate_limit',
      confidence: 0.95,
      codes: LIMIT,
      text: /not your usage limit|Request rejected \(429\)|your rate limit\b(?!.*\breset)/i,
    },
    {
      // A budget that is used up, unless a window that opens again is what holds the session.
      id: 'text=no-budget',
      reason: 'billing',
      confidence: 0.95,
      codes: LIMIT,
      text: /^(?!.*\blimit resets?\b)(?=.*(?:spend(?:ing)? limit|shared budget|(?:monthly|individual) usage limit|seat type|usage allocation|usage credits required|disabled for your org|is out of usage\b|usage limit is set to|out of credits|spending cap))|out of (?:extra usage|usage credits)(?!.*\breset)/is,
    },
    {
      id: 'text=limit-reached',
      reason: 'usage_limit',
      confidence: 0.95,
      codes: LIMIT,
      text: /\blimit\b.*\bresets?\b|(?:hit|reached) your .{0,40}limit|hit the limit|(?<!rate )limit reached|out of (?:extra usage|usage credits)|automatic continue|for limit to reset|usage limit\b/is,
    },
    {
      id: 'text=rate-limit',
      reason: 'rate_limit',
      confidence: 0.9,
      codes: LIMIT,
      text: /\brate[- ]?limit|too many requests/i,
    },
    {
      // Only what the server refuses for the moment is told as an "API Error".
      id: 'error=rate_limit',
      reason: 'rate_limit',
      confidence: 0.7,
      codes: ['rate_limit'],
      text: /^(?:$|api error|\d{3}\b)/i,
      vague: true,
    },
    {
      id: 'error=rate_limit, new words',
      reason: 'usage_limit',
      confidence: 0.6,
      codes: ['rate_limit'],
      vague: true,
    },
    {
      id: 'text=login',
      reason: 'auth',
      confidence: 0.9,
      codes: [''],
      text: /\/(?:design-)?login\b|failed to authenticate|disabled organization|organization has (?:been )?disabled|apiKeyHelper|auth token|oauth|custom_headers|request header from the environment|credentials?\b|claude subscription access/i,
    },
    {
      id: 'text=refused',
      reason: 'refusal',
      confidence: 0.9,
      codes: ['invalid_request', 'unknown', ''],
      text: /usage policy|safeguards flagged|can't help with this|safety measures that flagged/i,
    },
    ...COMMON_RULES,
  ],
  windows: [
    [/session limit|5-hour limit/i, 'five_hour'],
    [/weekly limit/i, 'seven_day'],
    [/opus limit/i, 'seven_day_opus'],
    [/sonnet limit/i, 'seven_day_sonnet'],
  ],
};
