import { parseJsonRecord } from '../json-lines.js';
import type { JsonRecord } from '../json-lines.js';
import type { Protocol, ProviderRequest, Reply } from './protocol.js';
import type { AnswerStep, ErrorStep, RateLimitStep, Step, ToolCall, UsageLimitStep } from './step.js';
import { usageTold, withWindow } from './usage.js';
import type { Usage, UsageWindow } from './usage.js';
import {
  deltasOf,
  jsonReply,
  namedFrame,
  offersTools,
  randomId,
  resetAtOf,
  secondsUntil,
  streamReply,
  textOf,
  worded,
} from './wire.js';

const FIVE_HOURS_MIN = 300;
const WEEK_MIN = 10_080;

/** What the API says with that code, and the status where it does not say it inside a stream. */
interface ResponsesError {
  code: string;
  status: number;
  /** `error.type` of the answer with a status. */
  type: string;
  message: string;
  inStream?: true;
}

const ERRORS: Record<ErrorStep['type'], ResponsesError> = {
  overloaded: {
    ...{ code: 'server_is_overloaded', status: 503, type: 'server_error', inStream: true },
    message: 'Our servers are currently overloaded. Please try again later.',
  },
  server_error: {
    ...{ code: 'server_error', status: 500, type: 'server_error' },
    message: 'The server had an error while processing your request.',
  },
  auth: {
    ...{ code: 'invalid_api_key', status: 401, type: 'invalid_request_error' },
    message: 'Incorrect API key provided.',
  },
  forbidden: {
    ...{ code: 'unsupported_country_region_territory', status: 403, type: 'invalid_request_error' },
    message: 'Country, region, or territory not supported',
  },
  billing: {
    ...{ code: 'insufficient_quota', status: 429, type: 'insufficient_quota', inStream: true },
    message: 'You exceeded your current quota, please check your plan and billing details.',
  },
  not_found: {
    ...{ code: 'model_not_found', status: 404, type: 'invalid_request_error' },
    message: 'The model does not exist or you do not have access to it.',
  },
  context: {
    ...{ code: 'context_length_exceeded', status: 400, type: 'invalid_request_error', inStream: true },
    message: 'Your input exceeds the context window of this model. Please adjust your input and try again.',
  },
};

/** The Responses API as Codex 0.169.0 speaks it. */
export const responsesProtocol: Protocol = {
  name: 'responses',
  matches: (path) => path.endsWith('/responses') || isCompaction(path),
  isSide,
  answer,
  passive,
};

function isCompaction(path: string): boolean {
  return path.endsWith('/responses/compact');
}

/** Codex tells in its turn metadata what a request is for. */
function isSide({ headers, body, path }: ProviderRequest): boolean {
  if (isCompaction(path)) return true;
  const { request_kind: kind, thread_source: source } = metadataIn(headers['x-codex-turn-metadata']);
  if (kind !== undefined) return kind !== 'turn' || source === 'thread_title';
  return !offersTools(body);
}

function metadataIn(header: string | string[] | undefined): JsonRecord {
  try {
    return parseJsonRecord(String(header));
  } catch {
    return {};
  }
}

function answer(step: Step, request: ProviderRequest, usage: Usage): Reply {
  switch (step.type) {
    case 'ok':
    case 'warning':
    case 'refusal':
    case 'cut':
    case 'hang':
    case 'stream_error':
      return isCompaction(request.path) ? compacted() : response(step, request, usage);
    case 'usage_limit':
      return usageLimit(step, usage);
    case 'rate_limit':
      return rateLimit(step);
    default:
      return failure(worded(ERRORS[step.type], step), step);
  }
}

function passive(path: string, { fiveHour, weekly }: Usage): unknown {
  if (!path.endsWith('/wham/usage') && !path.endsWith('/api/codex/usage')) return undefined;
  const isReached = fiveHour.usedPercent >= 100 || weekly.usedPercent >= 100;
  return {
    ...{ user_id: 'user-made-up', account_id: 'account-made-up', email: 'dev@example.com', plan_type: 'pro' },
    rate_limit: {
      allowed: !isReached,
      limit_reached: isReached,
      primary_window: usageWindow(fiveHour, FIVE_HOURS_MIN),
      secondary_window: usageWindow(weekly, WEEK_MIN),
    },
    code_review_rate_limit: null,
    credits: { has_credits: false, unlimited: false, balance: '0' },
  };
}

function usageWindow({ usedPercent, resetAt }: UsageWindow, minutes: number): object {
  return {
    used_percent: usedPercent,
    limit_window_seconds: minutes * 60,
    reset_after_seconds: secondsUntil(resetAt),
    reset_at: resetAt,
  };
}

function usageLimit(step: UsageLimitStep, usage: Usage): Reply {
  const { claim = 'five_hour' } = step;
  const resetAt = resetAtOf(step);
  const error = {
    type: 'usage_limit_reached',
    message: 'The usage limit has been reached',
    plan_type: 'pro',
    resets_at: resetAt,
    resets_in_seconds: secondsUntil(resetAt),
  };
  const used = withWindow(usage, claim, { usedPercent: 100, resetAt });
  return jsonReply(429, { error }, { ...requestId(), ...codexHeaders(used), ...step.headers });
}

function rateLimit(step: RateLimitStep): Reply {
  const { retryAfterSec = 2 } = step;
  const message =
    'Rate limit reached for this model in organization org-made-up on tokens per min (TPM): Limit 30000, ' +
    `Used 22999, Requested 12528. Please try again in ${retryAfterSec}s.`;
  const error: ResponsesError = {
    code: 'rate_limit_exceeded',
    status: 429,
    type: 'tokens',
    message,
    inStream: true,
  };
  return failure(error, {
    ...step,
    headers: { 'retry-after': String(Math.ceil(retryAfterSec)), ...step.headers },
  });
}

function failure(error: ResponsesError, { asStatus, headers }: RateLimitStep | ErrorStep): Reply {
  const { code, status, type, message, inStream } = error;
  if (!inStream || asStatus) {
    return jsonReply(status, { error: { type, code, message, param: null } }, { ...requestId(), ...headers });
  }
  return streamReply([created(), failed(code, message)], { ...requestId(), ...headers });
}

function created(id = randomId('resp')): string {
  return namedFrame('response.created', { response: { id, status: 'in_progress' } });
}

function failed(code: string, message: string): string {
  const response = { id: randomId('resp'), object: 'response', status: 'failed', output: [] };
  return namedFrame('response.failed', { response: { ...response, error: { code, message } } });
}

/** The headers in which Codex learns how much of its two windows is used. */
function codexHeaders({ fiveHour, weekly }: Usage): Record<string, string> {
  return {
    'x-codex-primary-used-percent': String(fiveHour.usedPercent),
    'x-codex-primary-window-minutes': String(FIVE_HOURS_MIN),
    'x-codex-primary-reset-at': String(fiveHour.resetAt),
    'x-codex-secondary-used-percent': String(weekly.usedPercent),
    'x-codex-secondary-window-minutes': String(WEEK_MIN),
    'x-codex-secondary-reset-at': String(weekly.resetAt),
  };
}

function endOf(step: AnswerStep, response: object): string {
  if (step.type === 'stream_error')
    return failed('server_error', step.message ?? 'An error occurred while processing your request.');
  if (step.type === 'refusal')
    return failed('cyber_policy', 'This content was flagged for possible cybersecurity risk.');
  return namedFrame('response.completed', { response });
}

type Item =
  | { type: 'message'; id: string; role: 'assistant'; status: string; content: object[] }
  | ({ type: 'function_call'; id: string; call_id: string; arguments: string; status: string } & Omit<
      ToolCall,
      'input'
    >);

function response(step: AnswerStep, { body }: ProviderRequest, windows: Usage): Reply {
  const id = randomId('resp');
  const output = itemsOf(step);
  const usage = usageOf(step);
  const headers = { ...requestId(), ...codexHeaders(usageTold(windows, step)), ...step.headers };
  const whole = { id, object: 'response', status: 'completed', model: body['model'], output, usage };
  if (!body['stream']) return jsonReply(200, whole, headers);
  const end = endOf(step, whole);
  const items = output.flatMap((item, index) => itemFrames(item, index, step));
  return streamReply([created(id), ...items, end], headers);
}

function itemsOf(step: AnswerStep): Item[] {
  const text = textOf(step);
  const content = [{ type: 'output_text', text, annotations: [] }];
  const said: Item = {
    type: 'message',
    id: randomId('msg'),
    role: 'assistant',
    status: 'completed',
    content,
  };
  const calls = (step.tools ?? []).map(({ input, ...tool }): Item => ({
    ...{ type: 'function_call', id: randomId('fc'), call_id: randomId('call'), ...tool, status: 'completed' },
    arguments: JSON.stringify(input),
  }));
  return text ? [said, ...calls] : calls;
}

function itemFrames(item: Item, index: number, step: AnswerStep): string[] {
  const empty = item.type === 'message' ? { content: [] } : { arguments: '' };
  const deltas = item.type === 'message' ? deltasOf(textOf(step), step) : [];
  const place = { output_index: index };
  return [
    namedFrame('response.output_item.added', {
      ...place,
      item: { ...item, ...empty, status: 'in_progress' },
    }),
    ...deltas.map((delta) =>
      namedFrame('response.output_text.delta', { ...place, item_id: item.id, content_index: 0, delta }),
    ),
    namedFrame('response.output_item.done', { ...place, item }),
  ];
}

function usageOf({ usage }: AnswerStep): object {
  const [input, output] = [usage?.input ?? 10, usage?.output ?? 5];
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: usage?.cacheRead ?? 0 },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input + output,
  };
}

function compacted(): Reply {
  const content = [{ type: 'input_text', text: 'What was done so far, in short.' }];
  return jsonReply(200, {
    object: 'response.compaction',
    output: [{ type: 'message', role: 'user', content }],
  });
}

function requestId(): Record<string, string> {
  return { 'x-request-id': randomId('req') };
}
