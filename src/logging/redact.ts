import { REDACTED, redactText, SECRET_NAMES } from '../core/redact-text.js';

const MAX_KEY_CHARS = 100;
const MAX_DEPTH = 8;
const MAX_VALUES = 1000;

/** Counts such as `input_tokens` are told; they are the one plural that is no secret. */
const SECRET_KEY = new RegExp(`(?:${SECRET_NAMES})$`, 'i');
const COUNT_KEY = /tokens$/i;

/** A copy of what is logged, without secrets, prompts and cycles; what is too deep or too much is left out. */
export function redact(value: unknown): unknown {
  return copy(value, { depth: MAX_DEPTH, budget: { values: MAX_VALUES } });
}

export function redactFields(fields: object): Record<string, unknown> {
  return copyEntries(Object.entries(fields), { depth: MAX_DEPTH, budget: { values: MAX_VALUES } });
}

type Bounds = Readonly<{ depth: number; budget: { values: number } }>;

function copy(value: unknown, bounds: Bounds): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (bounds.depth === 0) return '[too deep]';
  return copyObject(value, { ...bounds, depth: bounds.depth - 1 });
}

function copyObject(value: object, bounds: Bounds): unknown {
  if (Error.isError(value)) return copyEntries(entriesOf(value), bounds);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) return copyElements(value, bounds);
  if (hasToJson(value)) return copy(value.toJSON(), bounds);
  return copyEntries(Object.entries(value), bounds);
}

function hasToJson(value: object): value is { toJSON: () => unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}

function copyElements(elements: readonly unknown[], bounds: Bounds): unknown[] {
  const copied: unknown[] = [];
  for (const element of elements) {
    if (bounds.budget.values-- <= 0) break;
    copied.push(copy(element, bounds));
  }
  return copied;
}

function copyEntries(
  entries: readonly (readonly [string, unknown])[],
  bounds: Bounds,
): Record<string, unknown> {
  const copied: Record<string, unknown> = {};
  for (const [key, value] of entries) {
    if (bounds.budget.values-- <= 0) break;
    copied[key.slice(0, MAX_KEY_CHARS)] = isSecret(key, value) ? REDACTED : copy(value, bounds);
  }
  return copied;
}

function isSecret(key: string, value: unknown): boolean {
  if (value === undefined || value === null || !SECRET_KEY.test(key)) return false;
  return !(COUNT_KEY.test(key) && typeof value === 'number');
}

function entriesOf(error: Error): [string, unknown][] {
  const { name, message, stack, cause } = error;
  const own = Object.entries(error);
  return [['type', name], ['message', message], ['stack', stack], ['cause', cause], ...own];
}
