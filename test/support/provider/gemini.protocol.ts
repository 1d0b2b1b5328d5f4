import type { Protocol, ProviderRequest, Reply } from './protocol.js';
import type { AnswerStep, ErrorStep, RateLimitStep, Step, StreamErrorStep, UsageLimitStep } from './step.js';
import {
  deltasOf,
  jsonReply,
  randomId,
  resetAtOf,
  secondsUntil,
  streamReply,
  textOf,
  worded,
} from './wire.js';

interface GoogleError {
  code: number;
  status: string;
  message: string;
  details?: object[];
}

const ERRORS: Record<ErrorStep['type'], GoogleError> = {
  overloaded: {
    ...{ code: 503, status: 'UNAVAILABLE' },
    message: 'The model is overloaded. Please try again later.',
  },
  server_error: { code: 500, status: 'INTERNAL', message: 'An internal error has occurred.' },
  auth: {
    ...{ code: 400, status: 'INVALID_ARGUMENT', message: 'API key not valid. Please pass a valid API key.' },
    details: [detail('ErrorInfo', { reason: 'API_KEY_INVALID', domain: 'googleapis.com' })],
  },
  forbidden: { code: 403, status: 'PERMISSION_DENIED', message: 'The caller does not have permission' },
  billing: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'Your prepayment credits are depleted.' },
  not_found: { code: 404, status: 'NOT_FOUND', message: 'The model is not found' },
  context: {
    ...{ code: 400, status: 'INVALID_ARGUMENT' },
    message: 'The input token count (1048600) exceeds the maximum number of tokens allowed (1048576).',
  },
};

/** The Generative Language API as Gemini CLI 0.61.0 speaks it with an API key. */
export const geminiProtocol: Protocol = {
  name: 'gemini',
  matches: (path) => isStream(path) || path.endsWith(':generateContent'),
  isSide: ({ body }) => toolsIn(body) === 0,
  answer,
  passive: (path) => (path.endsWith(':countTokens') ? { totalTokens: 10 } : undefined),
};

function isStream(path: string): boolean {
  return path.endsWith(':streamGenerateContent');
}

function toolsIn({ tools }: ProviderRequest['body']): number {
  if (!Array.isArray(tools)) return 0;
  const groups = tools as { functionDeclarations?: unknown[] }[];
  return groups.reduce((sum, { functionDeclarations: { length } = [] }) => sum + length, 0);
}

function answer(step: Step, request: ProviderRequest): Reply {
  switch (step.type) {
    case 'ok':
    case 'warning':
    case 'refusal':
    case 'cut':
    case 'hang':
    case 'stream_error':
      return content(step, request);
    case 'usage_limit':
      return usageLimit(step, request);
    case 'rate_limit':
      return rateLimit(step, request);
    default:
      return failure(worded(ERRORS[step.type], step), step);
  }
}

/** The quota of the day, which is the only long one that an API key meets. */
function usageLimit(step: UsageLimitStep, request: ProviderRequest): Reply {
  const message =
    'You exceeded your current quota, please check your plan and billing details. Quota exceeded for metric: ' +
    'generativelanguage.googleapis.com/generate_content_free_tier_requests, limit: 250';
  const details = quotaDetails(
    'GenerateRequestsPerDayPerProjectPerModel-FreeTier',
    secondsUntil(resetAtOf(step)),
    request,
  );
  return failure({ code: 429, status: 'RESOURCE_EXHAUSTED', message, details }, step);
}

function rateLimit(step: RateLimitStep, request: ProviderRequest): Reply {
  const { retryAfterSec = 2 } = step;
  const message = `You exceeded your current quota. Please retry in ${retryAfterSec}s.`;
  const details = quotaDetails(
    'GenerateRequestsPerMinutePerProjectPerModel-FreeTier',
    retryAfterSec,
    request,
  );
  return failure({ code: 429, status: 'RESOURCE_EXHAUSTED', message, details }, step);
}

function quotaDetails(quotaId: string, retryInSec: number, { path }: ProviderRequest): object[] {
  const violation = {
    quotaMetric: 'generativelanguage.googleapis.com/generate_content_free_tier_requests',
    quotaId,
    quotaDimensions: { location: 'global', model: modelOf(path) },
  };
  return [
    detail('QuotaFailure', { violations: [violation] }),
    detail('RetryInfo', { retryDelay: `${retryInSec}s` }),
  ];
}

function detail(type: string, fields: object): object {
  return { '@type': `type.googleapis.com/google.rpc.${type}`, ...fields };
}

function failure(error: GoogleError, { headers }: Step): Reply {
  return jsonReply(error.code, { error }, headers);
}

function content(step: AnswerStep, { path }: ProviderRequest): Reply {
  const parts = [
    ...deltasOf(textOf(step), step).map((text) => ({ text })),
    ...(step.tools ?? []).map(({ name, input }) => ({ functionCall: { name, args: input } })),
  ];
  const head = { usageMetadata: usageOf(step), modelVersion: modelOf(path), responseId: randomId('answer') };
  const candidate = (some: object[], end: object = {}) => ({
    candidates: [{ index: 0, content: { role: 'model', parts: some }, ...end }],
    ...head,
  });
  const finish = { finishReason: step.type === 'refusal' ? 'SAFETY' : 'STOP' };
  if (!isStream(path)) return jsonReply(200, candidate(parts, finish), step.headers);
  const end = step.type === 'stream_error' ? errorInStream(step) : frame(candidate([{ text: '' }], finish));
  return streamReply([...parts.map((part) => frame(candidate([part]))), end], step.headers);
}

/** Google's client looks for an error only where a chunk is plain JSON. */
function errorInStream({ message = ERRORS.overloaded.message }: StreamErrorStep): string {
  return JSON.stringify({ error: { ...ERRORS.overloaded, message } });
}

function frame(chunk: object): string {
  return `data: ${JSON.stringify(chunk)}\r\n\r\n`;
}

function usageOf({ usage }: AnswerStep): object {
  const [input, output] = [usage?.input ?? 10, usage?.output ?? 5];
  return {
    promptTokenCount: input,
    candidatesTokenCount: output,
    totalTokenCount: input + output,
    cachedContentTokenCount: usage?.cacheRead ?? 0,
  };
}

function modelOf(path: string): string | undefined {
  return /models\/([^:]+):/.exec(path)?.[1];
}
