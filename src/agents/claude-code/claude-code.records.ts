/** A record of a file or stream as parsed JSON: fields unknown until looked at. */
export type JsonRecord = Readonly<Record<string, unknown>>;

/** The object a line holds, or undefined: broken JSON and other values are no records. */
export function parseRecord(line: string): JsonRecord | undefined {
  try {
    return recordOf(JSON.parse(line));
  } catch {
    return undefined;
  }
}

export function recordOf(value: unknown): JsonRecord | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
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

/** The text blocks of a message, joined; a plain string counts as one. */
export function textOf(message: JsonRecord | undefined): string {
  const content = message?.['content'];
  if (typeof content === 'string') return content;
  return listOf(content)
    .map((block) => stringOf(recordOf(block)?.['text']))
    .filter((text) => text !== undefined)
    .join('\n');
}
