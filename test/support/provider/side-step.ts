import { isJsonRecord } from '../json-lines.js';
import type { JsonRecord } from '../json-lines.js';
import type { RequestBody } from './protocol.js';
import type { Step } from './step.js';

/** The shortest answer that a side request takes: some insist on JSON of a certain shape. */
export function sideStep(body: RequestBody): Step {
  const schema =
    at(body, 'text', 'format', 'schema') ??
    at(body, 'response_format', 'json_schema', 'schema') ??
    at(body, 'generationConfig', 'responseJsonSchema');
  return { type: 'ok', text: schema ? JSON.stringify(sampleOf(schema)) : 'Side answer' };
}

function at(value: unknown, ...path: string[]): JsonRecord | undefined {
  const found = path.reduce<unknown>((inner, key) => (isJsonRecord(inner) ? inner[key] : undefined), value);
  return isJsonRecord(found) ? found : undefined;
}

function sampleOf({ type, enum: choices, properties, required }: JsonRecord): unknown {
  if (Array.isArray(choices)) return choices[0];
  switch (String(type).toLowerCase()) {
    case 'object': {
      const needed = Object.entries(isJsonRecord(properties) ? properties : {}).filter(
        ([name]) => !Array.isArray(required) || required.includes(name),
      );
      return Object.fromEntries(needed.map(([name, of]) => [name, sampleOf(isJsonRecord(of) ? of : {})]));
    }
    case 'array':
      return [];
    case 'integer':
    case 'number':
      return 1;
    case 'boolean':
      return false;
    default:
      return 'Side answer';
  }
}
