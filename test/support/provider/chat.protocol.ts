import type { Protocol, ProviderRequest, Reply } from './protocol.js';
import type { AnswerStep, ErrorStep, RateLimitStep, Step, StreamErrorStep, UsageLimitStep } from './step.js';
import {
  deltasOf,
  jsonReply,
  nowSec,
  offersTools,
  randomId,
  resetAtOf,
  secondsUntil,
  streamReply,
  textOf,
  worded,
} from './wire.js';

interface ChatError {
  status: number;
  type: string;
  code: string | null;
  message: string;
}

const ERRORS: Record<ErrorStep['type'], ChatError> = {
  overloaded: {
    ...{ status: 503, type: 'server_error', code: 'overloaded' },
    message: 'The server is currently overloaded with other requests.',
  },
  server_error: {
    ...{ status: 500, type: 'server_error', code: null },
    message: 'The server had an error while processing your request.',
  },
  auth: {
    ...{ status: 401, type: 'invalid_request_error', code: 'invalid_api_key' },
    message: 'Incorrect API key provided.',
  },
  forbidden: {
    ...{ status: 403, type: 'invalid_request_error', code: 'forbidden' },
    message: 'You are not allowed to sample from this model',
  },
  billing: {
    ...{ status: 429, type: 'insufficient_quota', code: 'insufficient_quota' },
    message: 'You exceeded your current quota, please check your plan and billing details.',
  },
  not_found: {
    ...{ status: 404, type: 'invalid_request_error', code: 'model_not_found' },
    message: 'The model does not exist',
  },
  context: {
    ...{ status: 400, type: 'invalid_request_error', code: 'context_length_exceeded' },
    message:
      "This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens.",
  },
};

/** The Chat Completions API as OpenCode 1.18.33 speaks it through `@ai-sdk/openai-compatible`. */
export const chatProtocol: Protocol = {
  name: 'chat',
  matches: (path) => path.endsWith('/chat/completions'),
  isSide: ({ body }) => !offersTools(body),
  answer,
  passive: () => undefined,
};

function answer(step: Step, request: ProviderRequest): Reply {
  switch (step.type) {
    case 'ok':
    case 'warning':
    case 'refusal':
    case 'cut':
    case 'hang':
    case 'stream_error':
      return completion(step, request);
    case 'usage_limit':
      return usageLimit(step);
    case 'rate_limit':
      return rateLimit(step);
    default: {
      const { status, ...error } = worded(ERRORS[step.type], step);
      return failure(status, error, step.headers);
    }
  }
}

function usageLimit(step: UsageLimitStep): Reply {
  const resetAt = resetAtOf(step);
  const error = {
    ...{ type: 'usage_limit_reached', code: 'usage_limit_reached', resets_at: resetAt },
    message: 'You have reached your usage limit for this billing window.',
  };
  return failure(429, error, { 'retry-after': String(secondsUntil(resetAt)), ...step.headers });
}

function rateLimit({ retryAfterSec = 2, headers }: RateLimitStep): Reply {
  const message = `Rate limit reached on tokens per min (TPM): Limit 30000, Used 22999. Please try again in ${retryAfterSec}s.`;
  const error = { type: 'tokens', code: 'rate_limit_exceeded', message };
  return failure(429, error, { 'retry-after': String(Math.ceil(retryAfterSec)), ...headers });
}

function failure(status: number, error: object, headers?: Record<string, string>): Reply {
  return jsonReply(status, { error: { param: null, ...error } }, { ...requestId(), ...headers });
}

function completion(step: AnswerStep, { body }: ProviderRequest): Reply {
  const head = { id: randomId('chatcmpl'), created: nowSec(), model: body['model'] };
  const headers = { ...requestId(), ...step.headers };
  const calls = (step.tools ?? []).map(({ name, input }, index) => ({
    ...{ index, id: randomId('call'), type: 'function' },
    function: { name, arguments: JSON.stringify(input) },
  }));
  return body['stream']
    ? streamReply(chunks(step, head, calls), headers)
    : jsonReply(200, { ...head, object: 'chat.completion', ...whole(step, calls) }, headers);
}

function whole(step: AnswerStep, calls: object[]): object {
  const toolCalls = calls.length > 0 ? { tool_calls: calls } : {};
  const message = { role: 'assistant', content: textOf(step) || null, ...toolCalls };
  return { choices: [{ index: 0, finish_reason: finishReason(step, calls), message }], usage: usageOf(step) };
}

function chunks(step: AnswerStep, head: object, calls: object[]): string[] {
  const chunk = (data: object) => frame({ ...head, object: 'chat.completion.chunk', ...data });
  const delta = (change: object, reason: string | null = null) =>
    chunk({ choices: [{ index: 0, delta: change, finish_reason: reason }] });
  const end =
    step.type === 'stream_error'
      ? [errorInStream(step)]
      : [
          delta({}, finishReason(step, calls)),
          chunk({ choices: [], usage: usageOf(step) }),
          'data: [DONE]\n\n',
        ];
  return [
    delta({ role: 'assistant', content: '' }),
    ...deltasOf(textOf(step), step).map((content) => delta({ content })),
    ...calls.map((call) => delta({ tool_calls: [call] })),
    ...end,
  ];
}

function errorInStream({ message = 'Overloaded' }: StreamErrorStep): string {
  return frame({ error: { message, type: 'server_error', code: 'overloaded' } });
}

function finishReason({ type }: AnswerStep, calls: object[]): string {
  if (type === 'refusal') return 'content_filter';
  return calls.length > 0 ? 'tool_calls' : 'stop';
}

function usageOf({ usage }: AnswerStep): object {
  const [input, output] = [usage?.input ?? 10, usage?.output ?? 5];
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: usage?.cacheRead ?? 0 },
  };
}

function frame(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

function requestId(): Record<string, string> {
  return { 'x-request-id': randomId('req') };
}
