import { COMMON_RULES } from '../../core/common-wording.js';
import type { WordingTable } from '../../core/wording.js';

/**
 * The error names of OpenCode 1.18.33, those of its own gateway (Zen, Go), and what providers answer through it. The
 * gateway answers 401 to what is a question of credit, or of the model.
 */
export const OPENCODE_WORDING: WordingTable = {
  agent: 'opencode',
  version: '2026-11-26',
  rules: [
    { id: 'name=MessageAbortedError', reason: 'user_exit', confidence: 1, codes: ['MessageAbortedError'] },
    {
      id: 'name=context',
      reason: 'context_exhausted',
      confidence: 1,
      codes: ['ContextOverflowError', 'MessageOutputLengthError', 'context_length_exceeded'],
    },
    { id: 'name=ContentFilterError', reason: 'refusal', confidence: 1, codes: ['ContentFilterError'] },
    {
      id: 'type=no-credit',
      reason: 'billing',
      confidence: 1,
      codes: [
        'CreditsError',
        'MonthlyLimitError',
        'UserLimitError',
        'insufficient_quota',
        'usage_not_included',
      ],
    },
    {
      id: 'type=ModelError',
      reason: 'config',
      confidence: 1,
      codes: ['ModelError', 'ProviderModelNotFoundError'],
    },
    {
      id: 'type=usage-limit',
      reason: 'usage_limit',
      confidence: 1,
      codes: [
        ...['GoUsageLimitError', 'FreeUsageLimitError', 'BlackUsageLimitError', 'usage_limit_reached'],
        ...['account_rate_limit', 'free_tier_limit'],
      ],
    },
    {
      id: 'name=ProviderAuthError',
      reason: 'auth',
      confidence: 1,
      codes: ['ProviderAuthError', 'AuthError'],
    },
    {
      id: 'text=usage-limit',
      reason: 'usage_limit',
      confidence: 0.95,
      text: /usage limit|free usage|subscription quota|reached your [\w -]*limit/i,
    },
    { id: 'code=resource_exhausted', reason: 'overloaded', confidence: 0.9, codes: ['resource_exhausted'] },
    ...COMMON_RULES,
    { id: 'status=400', reason: 'config', confidence: 0.7, statuses: [400, 404, 422] },
  ],
};
