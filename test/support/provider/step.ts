/** One tool call of a scripted answer. */
export interface ToolCall {
  name: string;
  /** Where the Responses API groups tools, such as `multi_agent_v1`. */
  namespace?: string;
  input: Record<string, unknown>;
}

interface StepOptions {
  /** How often the step is played before the script moves on; once by default. */
  times?: number | 'forever';
  /** Only a request whose JSON holds this text takes the step; others pass it over. */
  match?: string;
  delayMs?: number;
  headers?: Record<string, string>;
}

interface AnswerOptions extends StepOptions {
  text?: string;
  tools?: ToolCall[];
  usage?: { input?: number; output?: number; cacheRead?: number; cacheWrite?: number };
  /** Into how many deltas the text is split. */
  chunks?: number;
  chunkDelayMs?: number;
}

export interface OkStep extends AnswerOptions {
  type: 'ok';
}

/** A good answer with the news that a window is nearly used up, in the APIs that have a place for it. */
export interface WarningStep extends AnswerOptions {
  type: 'warning';
  claim?: LimitClaim;
  usedPercent?: number;
}

/** The model, or a filter before it, will not go on. */
export interface RefusalStep extends AnswerOptions {
  type: 'refusal';
}

/** The connection breaks in the middle of the answer. */
export interface CutStep extends AnswerOptions {
  type: 'cut';
  afterFrames?: number;
}

/** An error inside the stream of an answer that began well. */
export interface StreamErrorStep extends AnswerOptions {
  type: 'stream_error';
  message?: string;
}

/** No answer at all, or with `afterFrames` one that stops in the middle; the connection stays open. */
export interface HangStep extends AnswerOptions {
  type: 'hang';
  afterFrames?: number;
}

export type LimitClaim = 'five_hour' | 'seven_day' | 'seven_day_opus' | 'seven_day_sonnet';

/** The window of a subscription is used up. */
export interface UsageLimitStep extends StepOptions {
  type: 'usage_limit';
  claim?: LimitClaim;
  /** Epoch seconds; wins over `resetInSec`. */
  resetAt?: number;
  resetInSec?: number;
}

/** The short limit of requests or tokens per minute. */
export interface RateLimitStep extends StepOptions {
  type: 'rate_limit';
  retryAfterSec?: number;
  asStatus?: boolean;
}

export interface ErrorStep extends StepOptions {
  type: 'overloaded' | 'server_error' | 'auth' | 'forbidden' | 'billing' | 'not_found' | 'context';
  message?: string;
  /** As an HTTP status, also where the API says it inside a stream (Responses). */
  asStatus?: boolean;
}

/** What is played as an answer, whole or in part. */
export type AnswerStep = OkStep | WarningStep | RefusalStep | CutStep | StreamErrorStep | HangStep;
export type Step = AnswerStep | UsageLimitStep | RateLimitStep | ErrorStep;
