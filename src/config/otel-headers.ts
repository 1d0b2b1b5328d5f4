/** Headers as the settings give them: a table, or text such as `name=value,name2=value2`. */
export type HeaderText = string | Readonly<Record<string, string>>;

/** What both HTTP and gRPC can carry. */
const NAME = /^[\w.-]+$/;
const VALUE = /^[\x20-\x7e]*$/;

/**
 * The headers by name; undefined when it is neither form. Text is read as `OTEL_EXPORTER_OTLP_HEADERS` is:
 * values may be percent-encoded, and have to be where they hold a comma or a percent sign.
 */
export function headersOf(given: unknown): Record<string, string> | undefined {
  const pairs = typeof given === 'string' ? fromText(given) : fromTable(given);
  const fit = pairs?.every(([name, value]) => NAME.test(name) && VALUE.test(value)) ?? false;
  return pairs !== undefined && fit ? Object.fromEntries(pairs) : undefined;
}

type Pair = [name: string, value: string];

function fromTable(given: unknown): Pair[] | undefined {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return undefined;
  const entries: [string, unknown][] = Object.entries(given);
  return entries.every((entry): entry is Pair => typeof entry[1] === 'string') ? entries : undefined;
}

function fromText(text: string): Pair[] | undefined {
  const parts = text.split(',').filter((part) => part.trim() !== '');
  const pairs = parts.map((part): Pair => {
    const [, name = '', value = ''] = /^([^=]*)=(.*)$/s.exec(part.trim()) ?? [];
    return [name.trim(), value.trim()];
  });
  try {
    return pairs.map(([name, value]) => [name, decodeURIComponent(value)]);
  } catch {
    return undefined;
  }
}
