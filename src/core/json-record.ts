/** A record of a file or stream as parsed JSON: fields unknown until looked at. */
export type JsonRecord = Readonly<Record<string, unknown>>;

/** The object a line holds, or undefined: broken JSON and other values are no records. */
export function parseRecord(line: string): JsonRecord | undefined {
  return recordOf(parseJson(line));
}

/** What a text holds as JSON, or undefined where it is none. */
export function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

export function recordOf(value: unknown): JsonRecord | undefined {
  return isRecord(value) ? value : undefined;
}

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A part of a text by itself: as cut out it would keep the whole text in memory. */
export function copyOf(part: string): string {
  return stringOf(JSON.parse(JSON.stringify(part))) ?? '';
}

/** The value at a path of names, or undefined where it leads nowhere. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, name) => recordOf(inner)?.[name], value);
}
