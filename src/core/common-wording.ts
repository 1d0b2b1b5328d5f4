import { anyOf } from './any-of.js';
import { LIMITS } from './limit-wording.js';
import type { WordingRule, WordingTable } from './wording.js';

/** What providers call their errors, by the names in their own answers; an agent's table goes before. */
const BY_CODE: readonly WordingRule[] = [
  {
    id: 'code=billing',
    reason: 'billing',
    confidence: 1,
    codes: [
      ...['insufficient_quota', 'billing_error', 'exceeded_current_quota_error', 'usage_not_included'],
      ...['payment_required', 'insufficient_balance', 'INSUFFICIENT_G1_CREDITS_BALANCE', 'credits_exhausted'],
    ],
  },
  {
    id: 'code=auth',
    reason: 'auth',
    confidence: 1,
    codes: [
      ...['authentication_error', 'authentication_failed', 'permission_error', 'unauthorized', 'AuthError'],
      ...[
        'oauth_org_not_allowed',
        'invalid_api_key',
        'UNAUTHENTICATED',
        'PERMISSION_DENIED',
        'ACCESS_DENIED',
      ],
      ...['VALIDATION_REQUIRED', 'ProviderAuthError', 'token_expired', 'API_KEY_INVALID'],
    ],
  },
  {
    id: 'code=context',
    reason: 'context_exhausted',
    confidence: 1,
    codes: ['context_length_exceeded', 'context_window_exceeded', 'ContextOverflowError', 'prompt_too_long'],
  },
  {
    id: 'code=refusal',
    reason: 'refusal',
    confidence: 1,
    codes: ['cyber_policy', 'bio_policy', 'invalid_prompt', 'content_policy_violation', 'content_filter'],
  },
  {
    id: 'code=config',
    reason: 'config',
    confidence: 1,
    codes: ['model_not_found', 'not_found_error', 'ProviderModelNotFoundError', 'ModelNotFoundError'],
  },
  {
    id: 'code=capacity',
    reason: 'overloaded',
    confidence: 1,
    codes: ['MODEL_CAPACITY_EXHAUSTED', 'MODEL_CAPACITY_EXCEEDED', 'overloaded_error', 'overloaded'],
  },
  {
    id: 'code=aborted',
    reason: 'user_exit',
    confidence: 1,
    codes: ['MessageAbortedError', 'user_cancelled', 'USER_CANCELED'],
  },
  {
    id: 'text=token-budget',
    reason: 'budget_exhausted',
    confidence: 0.95,
    text: /token budget exhausted/i,
  },
  { id: 'text=no-session', reason: 'session_missing', confidence: 0.95, text: /session not found/i },
  {
    id: 'code=budget',
    reason: 'budget_exhausted',
    confidence: 1,
    codes: ['error_max_turns', 'error_max_budget_usd', 'session_budget_exceeded'],
  },
];

const CONTEXT_FULL: WordingRule = {
  id: 'text=context',
  reason: 'context_exhausted',
  confidence: 0.95,
  text: anyOf(
    'prompt[ _]is too long',
    'prompt_too_long',
    'input is too long',
    'context (?:window|length|limit|size)',
    'maximum context',
    'too large to compact',
    'maximum number of tokens',
    'model token limit',
    'conversation too long',
    'out of room in the model',
    'reduce the length of the messages',
    'maximum prompt length',
    'too many tokens in prompt',
    'tokens to keep from the initial prompt',
    'max(?:imum)? tokens$',
    String.raw`request too large \(`,
  ),
};

const BY_STATUS: readonly WordingRule[] = [
  { id: 'status=401/403', reason: 'auth', confidence: 0.95, statuses: [401, 403] },
  { id: 'status=402', reason: 'billing', confidence: 0.95, statuses: [402] },
  { id: 'status=413', reason: 'context_exhausted', confidence: 0.8, statuses: [413] },
  {
    id: 'code=server',
    reason: 'overloaded',
    confidence: 1,
    codes: [
      ...['server_error', 'api_error', 'internal_server_error', 'server_is_overloaded', 'server_overloaded'],
      ...['provider.overloaded', 'resource_exhausted', 'service_unavailable', 'INTERNAL', 'UNAVAILABLE'],
      ...['unavailable', 'exhausted'],
    ],
  },
  { id: 'status=408', reason: 'timeout', confidence: 0.9, statuses: [408] },
  {
    id: 'status=5xx',
    reason: 'overloaded',
    confidence: 0.9,
    statuses: [500, 502, 503, 504, 520, 522, 524, 529],
  },
];

const BY_WORDS: readonly WordingRule[] = [
  {
    id: 'text=overloaded',
    reason: 'overloaded',
    confidence: 0.9,
    text: anyOf(
      String.raw`\boverloaded\b`,
      'at capacity',
      'more traffic than',
      'no capacity',
      'capacity unavailable',
      'high (?:demand|load)',
      'encountered an internal error',
      'error occurred while processing your request',
      '(?:service|server|provider|model) (?:is )?(?:temporarily )?unavailable',
      'internal server error',
      'server error',
    ),
  },
  {
    id: 'text=refusal',
    reason: 'refusal',
    confidence: 0.9,
    text: anyOf(
      'safeguards flagged',
      'violates? our usage policy',
      'limited access to this content for safety',
      'flagged (?:for|as)',
      'content moderation',
      'safety policy',
    ),
  },
  {
    id: 'text=model',
    reason: 'config',
    confidence: 0.9,
    text: anyOf(
      String.raw`model\b.{0,80}(?:does not exist|not found|not (?:a )?(?:supported|recognized)|isn't available|is not available|is disabled|does not support)`,
      'not in your available models',
      'not available with the',
      'issue with the selected model',
      'unknown model',
      'settings file',
      '--json-schema',
      'workspace not trusted',
    ),
  },
  {
    id: 'text=login',
    reason: 'auth',
    confidence: 0.9,
    text: anyOf(
      String.raw`(?:please )?run /login`,
      'not logged in',
      'not authenticated',
      'authorization failed',
      'not able to authenticate',
      String.raw`send "?/login`,
      'log ?in again',
      'sign in again',
      'invalid (?:api|bearer) key',
      '(?:api key|token).{0,40}(?:expired|revoked|invalid|incorrect)',
      'unauthori[sz]ed',
      'forbidden',
      'authentication',
      'auth error',
      'access (?:is )?denied',
      'missing api key',
      String.raw`credentials?\b`,
      'access token could not',
      'login (?:timed out|expired)',
      'failed to (?:refresh token|sign in|login)',
      'token refresh failed',
      // Not the hint to switch to another `/auth method`.
      '(?<!/)auth method',
      'has been disabled in this account',
    ),
  },
  {
    // No answer to the first knock is the network's; none to the question is the server's.
    id: 'text=no-connection',
    reason: 'network',
    confidence: 0.9,
    text: /connection to \S+ timed out|could not connect|secure connection .{0,40}failed|existing connection was/i,
  },
  {
    id: 'text=timeout',
    reason: 'timeout',
    confidence: 0.9,
    text: /timed? ?out|timeout|stalled|stopped arriving/i,
  },
  {
    id: 'text=network',
    reason: 'network',
    confidence: 0.9,
    text: anyOf(
      'connection (?:error|reset|refused|failed|closed|lost|dropped)',
      'unable to connect',
      'failed to connect',
      'error sending request',
      'stream (?:disconnected|error|closed)',
      'fetch failed',
      'network error',
      'response decompression',
      'socket',
      'proxy',
      String.raw`ECONN\w+`,
      'ENOTFOUND',
      'EAI_AGAIN',
      'EHOSTUNREACH',
      'ENETUNREACH',
      'dns error',
      'certificate',
      'went to sleep',
    ),
  },
];

/** The rules that hold for every agent; the agents' tables end with them. */
export const COMMON_RULES: readonly WordingRule[] = [
  ...BY_CODE,
  CONTEXT_FULL,
  ...LIMITS,
  ...BY_STATUS,
  ...BY_WORDS,
];

/** For agents this program has no adapter for. */
export const COMMON_WORDING: WordingTable = { agent: 'any', version: '2026-11-26', rules: COMMON_RULES };
