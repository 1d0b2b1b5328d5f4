import { COMMON_RULES } from '../../core/common-wording.js';
import type { WordingTable } from '../../core/wording.js';

/**
 * The words and Google error details of Gemini CLI 0.61.0. A quota per day and one per minute share status and code:
 * the quota's name or the words tell them apart. A quota of 0 is a plan without this model.
 */
export const GEMINI_CLI_WORDING: WordingTable = {
  agent: 'gemini-cli',
  version: '2026-11-26',
  rules: [
    {
      id: 'code=no-credit',
      reason: 'billing',
      confidence: 1,
      codes: ['INSUFFICIENT_G1_CREDITS_BALANCE'],
    },
    { id: 'text=no-quota', reason: 'billing', confidence: 0.95, text: /limit: 0(?!\.?\d)|free quota tier/i },
    {
      id: 'code=capacity',
      reason: 'overloaded',
      confidence: 1,
      codes: ['MODEL_CAPACITY_EXHAUSTED', 'MODEL_CAPACITY_EXCEEDED'],
    },
    {
      id: 'text=api-key',
      reason: 'auth',
      confidence: 0.95,
      text: /api key not valid|pass a valid api key|GEMINI_API_KEY/i,
    },
    {
      id: 'quota=per-day',
      reason: 'usage_limit',
      confidence: 0.95,
      text: /per ?day|daily (?:quota|limit)|per ?week/i,
    },
    {
      id: 'quota=per-minute',
      reason: 'rate_limit',
      confidence: 0.95,
      text: /per ?minute|free_tier_requests/i,
    },
    {
      id: 'text=lifts-within-minutes',
      reason: 'rate_limit',
      confidence: 0.9,
      text: /exhausted your capacity.*reset after (?:\d+(?:\.\d+)?m?s|[0-5]m)/i,
    },
    { id: 'code=QUOTA_EXHAUSTED', reason: 'usage_limit', confidence: 1, codes: ['QUOTA_EXHAUSTED'] },
    {
      id: 'text=quota',
      reason: 'usage_limit',
      confidence: 0.9,
      text: /exhausted your (?:capacity|daily quota)|usage limit reached/i,
    },
    { id: 'text=current-quota', reason: 'rate_limit', confidence: 0.9, text: /exceeded your current quota/i },
    // What Node says of an answer that was cut off.
    {
      id: 'text=terminated',
      reason: 'network',
      confidence: 0.9,
      text: /^terminated$|API Error: terminated/im,
    },
    { id: 'status=429', reason: 'rate_limit', confidence: 0.9, statuses: [429] },
    { id: 'status=404', reason: 'config', confidence: 0.9, statuses: [404] },
    ...COMMON_RULES,
  ],
};
