import { isRecord, parseJson } from './json-record.js';
import { epochMs } from './reset-text.js';
import { isSurer, type EpochMs, type Reset } from './stop.js';
import { DURATION, durationMs, endOf } from './duration-text.js';
import type { ErrorFacts } from './wording.js';

/** How deep an error may be wrapped, and how much of it is looked at. */
const MAX_DEPTH = 8;
const MAX_FIELDS = 400;
const MAX_TEXT_CHARS = 4000;
const MAX_RAW_CHARS = 120;

const CODE_KEYS = new Set(['type', 'code', 'name', 'reason', 'error', 'error_type', 'terminationreason']);
const STATUS_KEYS = new Set([
  'status',
  'statuscode',
  'status_code',
  'code',
  'apierrorstatus',
  'api_error_status',
  'error_status',
  'http_status_code',
  'httpstatuscode',
]);
const TEXT_KEYS = new Set([
  'message',
  'error_message',
  'error_details',
  'detail',
  'description',
  'text',
  'result',
  'error',
  'last_assistant_message',
  // Google's names of quotas say how long they last, such as `RequestsPerDay`.
  'quotaid',
  'quota_limit',
]);
const RESET_KEYS = new Set(['resets_at', 'resetsat', 'reset_at', 'resetat', 'next']);
const DELAY_KEYS = new Set([
  'resets_in_seconds',
  'resetsinseconds',
  'retry_after',
  'retry-after',
  'retryafter',
  'retrydelay',
  'retry-after-ms',
  'quotaresetdelay',
]);
const CODE = /^[\w.:/-]{2,80}$/;
const HTTP_ERROR = /^[45]\d\d$/;
const LASTS = new RegExp(`^(?:${DURATION})$`, 'i');

/** What an error of any provider or agent says, however it is wrapped; JSON inside of texts is looked into, too. */
export function errorFactsOf(value: unknown, source: string, atMs: EpochMs): ErrorFacts {
  const found = new Collected(atMs);
  found.take(value, '', MAX_DEPTH);
  const { codes, status, texts, reset } = found;
  return { source, codes: [...codes], status, text: [...texts].join('\n').slice(0, MAX_TEXT_CHARS), reset };
}

class Collected {
  readonly codes = new Set<string>();
  readonly texts = new Set<string>();
  status: number | undefined;
  reset: Reset | undefined;
  #fields = 0;

  constructor(private readonly atMs: EpochMs) {}

  take(value: unknown, key: string, depth: number): void {
    this.#fields += 1;
    if (depth === 0 || this.#fields > MAX_FIELDS) return;
    if (Array.isArray(value)) for (const each of value) this.take(each, key, depth - 1);
    else if (isRecord(value))
      for (const [name, inner] of Object.entries(value)) this.take(inner, name.toLowerCase(), depth - 1);
    else if (typeof value === 'string') this.#takeText(value, key, depth);
    else if (typeof value === 'number') this.#takeNumber(value, key);
  }

  #takeText(value: string, key: string, depth: number): void {
    const inner = jsonIn(value);
    if (inner !== undefined) return this.take(inner, key, depth - 1);
    if (STATUS_KEYS.has(key) && HTTP_ERROR.test(value)) this.status ??= Number(value);
    else if ((CODE_KEYS.has(key) || key === 'status') && CODE.test(value)) this.codes.add(value);
    else if (TEXT_KEYS.has(key) || key === '') this.texts.add(value);
    if (RESET_KEYS.has(key)) this.#noteReset(instantOf(value), 'structured', `${key}=${value}`);
    if (DELAY_KEYS.has(key)) this.#noteDelay(value, key);
  }

  #takeNumber(value: number, key: string): void {
    if (STATUS_KEYS.has(key) && value >= 400 && value < 600) this.status ??= value;
    if (RESET_KEYS.has(key)) this.#noteReset(epochMs(value), 'structured', `${key}=${value}`);
    if (DELAY_KEYS.has(key)) this.#noteDelay(String(value), key);
  }

  #noteDelay(value: string, key: string): void {
    const delayMs = LASTS.test(value)
      ? durationMs(value)
      : numberIn(value) * (key.endsWith('-ms') ? 1 : 1000);
    const atMs = Number.isNaN(delayMs) ? dateIn(value) : endOf(this.atMs, delayMs);
    this.#noteReset(atMs, key.startsWith('retry-after') ? 'header' : 'relative', `${key}=${value}`);
  }

  /** The surest counts; of equals the latest, since one before it does not lift what holds. */
  #noteReset(atMs: EpochMs | undefined, source: Reset['source'], raw: string): void {
    if (atMs === undefined) return;
    const reset: Reset = { atMs, source, raw: raw.slice(0, MAX_RAW_CHARS) };
    if (this.reset === undefined || isSurer(reset, this.reset)) this.reset = reset;
  }
}

function instantOf(text: string): EpochMs | undefined {
  const number = numberIn(text);
  return Number.isNaN(number) ? dateIn(text) : epochMs(number);
}

/** As ISO writes it, or HTTP; the platform would find a date in many a text that holds a number. */
function dateIn(text: string): EpochMs | undefined {
  const atMs = /^(?:\d{4}-\d\d-\d\d|[a-z]{3}, \d\d? )/i.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(atMs) ? undefined : atMs;
}

/** An empty text is no number, but for the platform. */
function numberIn(text: string): number {
  return text.trim() === '' ? NaN : Number(text);
}

function jsonIn(text: string): unknown {
  return /^\s*[[{]/.test(text) ? parseJson(text) : undefined;
}
