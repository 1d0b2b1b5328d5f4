/** A JSON schema (2020-12), as OpenAPI 3.1 has them. */
export type Schema = Readonly<Record<string, unknown>>;

export const TEXT: Schema = { type: 'string' };
export const NUMBER: Schema = { type: 'number' };
export const INTEGER: Schema = { type: 'integer' };
export const TOGGLE: Schema = { type: 'boolean' };
export const TIME: Schema = { type: 'string', format: 'date-time' };

/** An object that has all of these. */
export function objectOf(properties: Readonly<Record<string, Schema>>, description?: string): Schema {
  return {
    type: 'object',
    ...(description === undefined ? {} : { description }),
    properties,
    required: Object.keys(properties),
  };
}

/** An object with keys that are data. */
export function mapOf(values: Schema): Schema {
  return { type: 'object', additionalProperties: values };
}

export function listOf(items: Schema): Schema {
  return { type: 'array', items };
}

export function oneOf(words: readonly string[]): Schema {
  return { type: 'string', enum: words };
}

/** It, or null where there is none. */
export function maybe(schema: Schema): Schema {
  return { anyOf: [schema, { type: 'null' }] };
}

/** All that one schema has, and more. */
export function withMore(schema: Schema, more: Readonly<Record<string, Schema>>): Schema {
  const properties = { ...propertiesOf(schema), ...more };
  return { ...schema, properties, required: Object.keys(properties) };
}

function propertiesOf({ properties }: Schema): object {
  return typeof properties === 'object' && properties !== null ? properties : {};
}
