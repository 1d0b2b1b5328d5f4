import { randomUUID } from 'node:crypto';
import type { Protocol, Reply, RequestBody } from './protocol.js';
import type { CutStep, ErrorStep, HangStep, OkStep, RateLimitStep, Step, UsageLimitStep } from './step.js';

const DAY_SEC = 86_400;
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
  isSide: (body) => !Array.isArray(body['tools']) || body['tools'].length === 0,
  answer,
  passive,
};

function answer(step: Step, body: RequestBody): Reply {
  switch (step.type) {
    case 'ok':
    case 'cut':
    case 'hang':
      return message(step, body);
    case 'usage_limit':
      return usageLimit(step);
    case 'rate_limit':
      return rateLimit(step);
    default: {
      const { status, type, message } = ERRORS[step.type];
      return error(status, type, step.message ?? message, step.headers);
    }
  }
}

function passive(path: string): unknown {
  if (path.endsWith('/count_tokens')) return { input_tokens: 10 };
  if (path.endsWith('/v1/models')) return { data: [], has_more: false };
  if (path.endsWith('/api/oauth/usage')) {
    return { five_hour: usageWindow(0.12, 3600), seven_day: usageWindow(0.34, 3 * DAY_SEC) };
  }
  return undefined;
}

function usageWindow(used: number, resetInSec: number): object {
  return { utilization: used * 100, resets_at: new Date((nowSec() + resetInSec) * 1000).toISOString() };
}

function usageLimit(step: UsageLimitStep): Reply {
  const resetAt = Math.floor(step.resetAt ?? nowSec() + (step.resetInSec ?? 20));
  return error(429, 'rate_limit_error', "This request would exceed your account's rate limit.", {
    ...unifiedHeaders('rejected', step.claim ?? 'five_hour', resetAt),
    'retry-after': String(Math.max(0, resetAt - nowSec())),
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

function error(status: number, type: string, message: string, headers: Record<string, string> = {}): Reply {
  const requestId = id('req');
  const body = { type: 'error', error: { type, message }, request_id: requestId };
  return {
    status,
    headers: { 'content-type': 'application/json', 'request-id': requestId, ...headers },
    frames: [JSON.stringify(body)],
  };
}

/** The headers in which a subscription learns how much of its two windows is used. */
function unifiedHeaders(
  status: 'allowed' | 'rejected',
  claim: string,
  resetAt: number,
): Record<string, string> {
  const weekly = claim.startsWith('seven_day');
  const rejected = status === 'rejected';
  const prefix = 'anthropic-ratelimit-unified';
  return {
    [`${prefix}-status`]: status,
    [`${prefix}-reset`]: String(resetAt),
    [`${prefix}-representative-claim`]: claim,
    [`${prefix}-5h-status`]: weekly ? 'allowed' : status,
    [`${prefix}-5h-reset`]: String(weekly ? nowSec() + 3600 : resetAt),
    [`${prefix}-5h-utilization`]: rejected && !weekly ? '1' : '0.12',
    [`${prefix}-7d-status`]: weekly ? status : 'allowed',
    [`${prefix}-7d-reset`]: String(weekly ? resetAt : nowSec() + 3 * DAY_SEC),
    [`${prefix}-7d-utilization`]: rejected && weekly ? '1' : '0.34',
    [`${prefix}-overage-status`]: 'rejected',
    [`${prefix}-overage-disabled-reason`]: 'org_level_disabled',
  };
}

type AnswerStep = OkStep | CutStep | HangStep;
type Block = { type: 'text'; text: string } | { type: 'tool_use'; id: string; name: string; input: object };

function message(step: AnswerStep, body: RequestBody): Reply {
  const tools = step.tools ?? [];
  const text = step.text ?? (tools.length > 0 ? '' : 'OK done.');
  const content: Block[] = [
    ...(text ? [{ type: 'text' as const, text }] : []),
    ...tools.map(({ name, input }) => ({ type: 'tool_use' as const, id: id('toolu'), name, input })),
  ];
  const stopReason = tools.length > 0 ? 'tool_use' : 'end_turn';
  const head = { id: id('msg'), type: 'message', role: 'assistant', model: body['model'] };
  const usage = usageOf(step);
  const headers = {
    'content-type': body['stream'] ? 'text/event-stream' : 'application/json',
    'request-id': id('req'),
    ...unifiedHeaders('allowed', 'five_hour', nowSec() + 3600),
    ...step.headers,
  };
  const frames = body['stream']
    ? [
        frame('message_start', {
          message: { ...head, content: [], stop_reason: null, stop_sequence: null, usage },
        }),
        ...content.flatMap((block, index) => blockFrames(block, index, step.chunks ?? 1)),
        frame('message_delta', { delta: { stop_reason: stopReason, stop_sequence: null }, usage }),
        frame('message_stop', {}),
      ]
    : [JSON.stringify({ ...head, content, stop_reason: stopReason, stop_sequence: null, usage })];
  return { status: 200, headers, frames };
}

function usageOf({ usage }: AnswerStep): object {
  return {
    input_tokens: usage?.input ?? 10,
    cache_creation_input_tokens: usage?.cacheWrite ?? 0,
    cache_read_input_tokens: usage?.cacheRead ?? 0,
    output_tokens: usage?.output ?? 5,
  };
}

function blockFrames(block: Block, index: number, chunks: number): string[] {
  const [empty, deltas] =
    block.type === 'text'
      ? [{ ...block, text: '' }, split(block.text, chunks).map((text) => ({ type: 'text_delta', text }))]
      : [{ ...block, input: {} }, [{ type: 'input_json_delta', partial_json: JSON.stringify(block.input) }]];
  return [
    frame('content_block_start', { index, content_block: empty }),
    ...deltas.map((delta) => frame('content_block_delta', { index, delta })),
    frame('content_block_stop', { index }),
  ];
}

function split(text: string, chunks: number): string[] {
  const size = Math.ceil(text.length / chunks);
  return Array.from({ length: Math.ceil(text.length / size) }, (_, i) =>
    text.slice(i * size, (i + 1) * size),
  );
}

function frame(type: string, data: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
}

function id(prefix: string): string {
  return `${prefix}_${randomUUID().replaceAll('-', '').slice(0, 24)}`;
}

function nowSec(): number {
  return Math.floor(Date.now() / 1000);
}
