import { COMMON_RULES } from '../../core/common-wording.js';
import type { WordingTable } from '../../core/wording.js';

const NO_PLAN =
  /quota exceeded|billing details|out of credits|spend cap|credit limit|insufficient[ _]quota|to use codex with your chatgpt plan|upgrade to plus: /i;

/** A window of the plan, as Codex and as its server name it. */
const USED_UP = ['usage_limit_exceeded', 'usage_limit_reached'];

/**
 * The `codex_error_info` of Codex 0.169.0, in snake case, and the words of its error records. One code stands for a
 * used-up window and for a plan without credit: there the words decide.
 */
export const CODEX_WORDING: WordingTable = {
  agent: 'codex',
  version: '2026-11-26',
  rules: [
    {
      id: 'text=window',
      reason: 'usage_limit',
      confidence: 0.95,
      codes: [...USED_UP, ''],
      text: /out of codex messages.*limit resets/i,
    },
    {
      id: 'text=no-plan',
      reason: 'billing',
      confidence: 0.95,
      codes: [...USED_UP, ''],
      text: NO_PLAN,
    },
    { id: 'code=usage_not_included', reason: 'billing', confidence: 1, codes: ['usage_not_included'] },
    { id: 'code=usage_limit', reason: 'usage_limit', confidence: 1, codes: USED_UP },
    { id: 'code=rate_limit_exceeded', reason: 'rate_limit', confidence: 1, codes: ['rate_limit_exceeded'] },
    {
      id: 'code=overloaded',
      reason: 'overloaded',
      confidence: 1,
      codes: ['server_overloaded', 'internal_server_error'],
    },
    {
      id: 'code=context_window_exceeded',
      reason: 'context_exhausted',
      confidence: 1,
      codes: ['context_window_exceeded'],
    },
    { id: 'code=model_not_found', reason: 'config', confidence: 1, codes: ['model_not_found'] },
    { id: 'code=unauthorized', reason: 'auth', confidence: 1, codes: ['unauthorized'] },
    { id: 'code=cyber_policy', reason: 'refusal', confidence: 1, codes: ['cyber_policy'] },
    {
      id: 'code=session_budget_exceeded',
      reason: 'budget_exhausted',
      confidence: 1,
      codes: ['session_budget_exceeded'],
    },
    { id: 'status=401/403', reason: 'auth', confidence: 1, statuses: [401, 403] },
    { id: 'status=402', reason: 'billing', confidence: 1, statuses: [402] },
    { id: 'status=429', reason: 'rate_limit', confidence: 0.9, statuses: [429] },
    { id: 'status=408/504', reason: 'timeout', confidence: 0.9, statuses: [408] },
    { id: 'status=5xx', reason: 'overloaded', confidence: 0.9, statuses: [500, 502, 503, 504, 529] },
    {
      id: 'code=connection',
      reason: 'network',
      confidence: 1,
      codes: [
        'http_connection_failed',
        'response_stream_connection_failed',
        'response_stream_disconnected',
        'response_too_many_failed_attempts',
      ],
    },
    {
      id: 'text=login',
      reason: 'auth',
      confidence: 0.9,
      text: /(?:access token|authentication session|refresh token).*(?:could not be refreshed|already been used)|sign in to codex|not logged in/i,
    },
    {
      id: 'text=usage-limit',
      reason: 'usage_limit',
      confidence: 0.95,
      codes: [''],
      text: /(?:hit|reached) your usage limit|usage limit (?:has been )?reached|^usageLimitExceeded$/i,
    },
    {
      id: 'text=stream',
      reason: 'network',
      confidence: 0.9,
      text: /^stream disconnected(?!.*timeout)|error sending request|connection (?:reset|failed|closed)|dns error/i,
    },
    ...COMMON_RULES,
  ],
};
