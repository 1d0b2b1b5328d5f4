export type JsonRecord = Record<string, unknown>;

/** The complete lines of a JSON-lines text; a last line still being written is left out. */
export function parseJsonLines(text: string): JsonRecord[] {
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => parseJsonRecord(line));
}

export function parseJsonRecord(text: string): JsonRecord {
  const value: unknown = JSON.parse(text);
  if (!isJsonRecord(value)) throw new Error(`Not a JSON object: ${text.slice(0, 200)}`);
  return value;
}

export function isJsonRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
