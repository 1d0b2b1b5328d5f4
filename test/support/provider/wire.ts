import { randomUUID } from 'node:crypto';
import type { Reply, RequestBody } from './protocol.js';
import type { AnswerStep, ErrorStep, UsageLimitStep } from './step.js';

const DEFAULT_RESET_IN_SEC = 20;

export function jsonReply(status: number, body: object, headers: Record<string, string> = {}): Reply {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    frames: [JSON.stringify(body)],
  };
}

export function streamReply(frames: string[], headers: Record<string, string> = {}): Reply {
  return { status: 200, headers: { 'content-type': 'text/event-stream', ...headers }, frames };
}

/** A server-sent event as Anthropic and the Responses API write it, with its name in the data too. */
export function namedFrame(type: string, data: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
}

/** Turns offer tools; titles, summaries and probes do not. */
export function offersTools({ tools }: RequestBody): boolean {
  return Array.isArray(tools) && tools.length > 0;
}

/** The error in the words of the step, if it has any. */
export function worded<E extends { message: string }>(error: E, { message }: ErrorStep): E {
  return message === undefined ? error : { ...error, message };
}

export function textOf({ text, tools = [] }: AnswerStep): string {
  return text ?? (tools.length > 0 ? '' : 'OK done.');
}

/** The deltas of a text; none of an empty one. */
export function deltasOf(text: string, { chunks = 1 }: AnswerStep): string[] {
  if (text === '') return [];
  const size = Math.ceil(text.length / chunks);
  return Array.from({ length: Math.ceil(text.length / size) }, (_, i) =>
    text.slice(i * size, (i + 1) * size),
  );
}

export function resetAtOf({ resetAt, resetInSec = DEFAULT_RESET_IN_SEC }: UsageLimitStep): number {
  return Math.floor(resetAt ?? nowSec() + resetInSec);
}

export function secondsUntil(epochSec: number): number {
  return Math.max(0, epochSec - nowSec());
}

export function randomId(prefix: string): string {
  return `${prefix}_${randomUUID().replaceAll('-', '').slice(0, 24)}`;
}

export function nowSec(): number {
  return Math.floor(Date.now() / 1000);
}
