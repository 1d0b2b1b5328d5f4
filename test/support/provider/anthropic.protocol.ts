import type { Protocol, ProviderRequest, Reply } from './protocol.js';
import type { AnswerStep, ErrorStep, LimitClaim, RateLimitStep, Step, UsageLimitStep } from './step.js';
import { isWeekly, usageTold, withWindow } from './usage.js';
import type { Usage, UsageWindow } from './usage.js';
import {
  deltasOf,
  jsonReply,
  namedFrame,
  nowSec,
  offersTools,
  randomId,
  resetAtOf,
  secondsUntil,
  streamReply,
  textOf,
  worded,
} from './wire.js';

const ERRORS: Record<ErrorStep['type'], { status: number; type: string; message: string }> = {
  overloaded: { status: 529, type: 'overloaded_error', message: 'Overloaded' },
  server_error: { status: 500, type: 'api_error', message: 'Internal server error' },
  auth: { status: 401, type: 'authentication_error', message: 'invalid x-api-key' },
  forbidden: { status: 403, type: 'permission_error', message: 'Your account does not have access.' },
  billing: {
    status: 400,
    type: 'invalid_request_error',
    message: 'Your credit balance is too low to access the Anthropic API.',
  },
  not_found: { status: 404, type: 'not_found_error', message: 'model not found' },
  context: {
    status: 400,
    type: 'invalid_request_error',
    message: 'prompt is too long: 212345 tokens > 200000 maximum',
  },
};

export const anthropicProtocol: Protocol = {
  name: 'anthropic',
  matches: (path) => path.endsWith('/v1/messages'),
  isSide: ({ body }) => !offersTools(body),
  answer,
  passive,
};

function answer(step: Step, request: ProviderRequest, usage: Usage): Reply {
  switch (step.type) {
    case 'ok':
    case 'warning':
    case 'refusal':
    case 'cut':
    case 'hang':
    case 'stream_error':
      return message(step, request, usage);
    case 'usage_limit':
      return usageLimit(step, usage);
    case 'rate_limit':
      return rateLimit(step);
    default: {
      const { status, type, message } = worded(ERRORS[step.type], step);
      return error(status, type, message, step.headers);
    }
  }
}

function passive(path: string, { fiveHour, weekly }: Usage): unknown {
  if (path.endsWith('/count_tokens')) return { input_tokens: 10 };
  if (path.endsWith('/api/oauth/usage')) {
    return { five_hour: usageWindow(fiveHour), seven_day: usageWindow(weekly) };
  }
  return undefined;
}

function usageWindow({ usedPercent, resetAt }: UsageWindow): object {
  return { utilization: usedPercent, resets_at: new Date(resetAt * 1000).toISOString() };
}

function usageLimit(step: UsageLimitStep, usage: Usage): Reply {
  const { claim = 'five_hour' } = step;
  const resetAt = resetAtOf(step);
  const used = withWindow(usage, claim, { usedPercent: 100, resetAt });
  return error(429, 'rate_limit_error', "This request would exceed your account's rate limit.", {
    ...unifiedHeaders('rejected', claim, used),
    'retry-after': String(secondsUntil(resetAt)),
    'x-should-retry': 'false',
    ...step.headers,
  });
}

function rateLimit(step: RateLimitStep): Reply {
  const retryAfterSec = step.retryAfterSec ?? 2;
  const reset = new Date((nowSec() + retryAfterSec) * 1000).toISOString();
  return error(429, 'rate_limit_error', 'Number of request tokens has exceeded your per-minute rate limit.', {
    'retry-after': String(retryAfterSec),
    'anthropic-ratelimit-requests-limit': '50',
    'anthropic-ratelimit-requests-remaining': '0',
    'anthropic-ratelimit-requests-reset': reset,
    ...step.headers,
  });
}

function error(status: number, type: string, message: string, headers?: Record<string, string>): Reply {
  const requestId = randomId('req');
  const body = { type: 'error', error: { type, message }, request_id: requestId };
  return jsonReply(status, body, { 'request-id': requestId, ...headers });
}

type UnifiedStatus = 'allowed' | 'allowed_warning' | 'rejected';

/** The headers in which a subscription learns how much of its two windows is used. */
function unifiedHeaders(
  status: UnifiedStatus,
  claim: LimitClaim,
  { fiveHour, weekly }: Usage,
): Record<string, string> {
  const isOfWeek = isWeekly(claim);
  const prefix = 'anthropic-ratelimit-unified';
  return {
    [`${prefix}-status`]: status,
    [`${prefix}-reset`]: String(isOfWeek ? weekly.resetAt : fiveHour.resetAt),
    [`${prefix}-representative-claim`]: claim,
    [`${prefix}-5h-status`]: isOfWeek ? 'allowed' : status,
    [`${prefix}-5h-reset`]: String(fiveHour.resetAt),
    [`${prefix}-5h-utilization`]: String(fiveHour.usedPercent / 100),
    [`${prefix}-7d-status`]: isOfWeek ? status : 'allowed',
    [`${prefix}-7d-reset`]: String(weekly.resetAt),
    [`${prefix}-7d-utilization`]: String(weekly.usedPercent / 100),
    [`${prefix}-overage-status`]: 'rejected',
    [`${prefix}-overage-disabled-reason`]: 'org_level_disabled',
    ...(status === 'allowed_warning'
      ? { [`${prefix}-${isOfWeek ? '7d' : '5h'}-surpassed-threshold`]: '0.9' }
      : {}),
  };
}

function answerHeaders(step: AnswerStep, usage: Usage): Record<string, string> {
  if (step.type !== 'warning') return unifiedHeaders('allowed', 'five_hour', usage);
  return unifiedHeaders('allowed_warning', step.claim ?? 'five_hour', usageTold(usage, step));
}

type Block = { type: 'text'; text: string } | { type: 'tool_use'; id: string; name: string; input: object };

function message(step: AnswerStep, { body }: ProviderRequest, windows: Usage): Reply {
  const tools = step.tools ?? [];
  const text = textOf(step);
  const content: Block[] = [
    ...(text ? [{ type: 'text' as const, text }] : []),
    ...tools.map(({ name, input }) => ({ type: 'tool_use' as const, id: randomId('toolu'), name, input })),
  ];
  const stopReason = step.type === 'refusal' ? 'refusal' : tools.length > 0 ? 'tool_use' : 'end_turn';
  const head = { id: randomId('msg'), type: 'message', role: 'assistant', model: body['model'] };
  const usage = usageOf(step);
  const headers = { 'request-id': randomId('req'), ...answerHeaders(step, windows), ...step.headers };
  if (!body['stream']) {
    return jsonReply(200, { ...head, content, stop_reason: stopReason, stop_sequence: null, usage }, headers);
  }
  const start = { ...head, content: [], stop_reason: null, stop_sequence: null, usage };
  const frames = [
    namedFrame('message_start', { message: start }),
    ...content.flatMap((block, index) => blockFrames(block, index, step)),
    ...(step.type === 'stream_error'
      ? [namedFrame('error', { error: { type: 'overloaded_error', message: step.message ?? 'Overloaded' } })]
      : [
          namedFrame('message_delta', { delta: { stop_reason: stopReason, stop_sequence: null }, usage }),
          namedFrame('message_stop', {}),
        ]),
  ];
  return streamReply(frames, headers);
}

function usageOf({ usage }: AnswerStep): object {
  return {
    input_tokens: usage?.input ?? 10,
    cache_creation_input_tokens: usage?.cacheWrite ?? 0,
    cache_read_input_tokens: usage?.cacheRead ?? 0,
    output_tokens: usage?.output ?? 5,
  };
}

function blockFrames(block: Block, index: number, step: AnswerStep): string[] {
  const [empty, deltas] =
    block.type === 'text'
      ? [{ ...block, text: '' }, deltasOf(block.text, step).map((text) => ({ type: 'text_delta', text }))]
      : [{ ...block, input: {} }, [{ type: 'input_json_delta', partial_json: JSON.stringify(block.input) }]];
  return [
    namedFrame('content_block_start', { index, content_block: empty }),
    ...deltas.map((delta) => namedFrame('content_block_delta', { index, delta })),
    namedFrame('content_block_stop', { index }),
  ];
}
