import { getMetadataStorage } from 'class-validator';
import { isRecord } from '../../core/json-record.js';
import type { Schema } from './schema.js';

type Check = Readonly<{ name: string; first: unknown; each: boolean }>;

/** What each check of class-validator that is used here says in a schema. */
const WORDS: Readonly<Record<string, (first: unknown) => Schema>> = {
  isString: () => ({ type: 'string' }),
  isInt: () => ({ type: 'integer' }),
  isBoolean: () => ({ type: 'boolean' }),
  isNotEmpty: () => ({ minLength: 1 }),
  maxLength: (first) => ({ maxLength: first }),
  minLength: (first) => ({ minLength: first }),
  min: (first) => ({ minimum: first }),
  max: (first) => ({ maximum: first }),
  isIn: (first) => ({ type: 'string', enum: first }),
  matches: (first) => ({ type: 'string', ...(first instanceof RegExp ? { pattern: first.source } : {}) }),
};

/** A class whose properties carry checks. */
export type DtoClass = (new () => object) & { prototype: object };

export type DtoProperty = Readonly<{ name: string; required: boolean; schema: Schema }>;

/** The properties of a class with checks, as a schema each, so that document and checks are one. */
export function propertiesOf(type: DtoClass): DtoProperty[] {
  const storage = getMetadataStorage();
  const metadata = storage.getTargetValidationMetadatas(type, '', false, false);
  const byName = Map.groupBy(metadata, ({ propertyName }) => propertyName);
  return [...byName].map(([name, rules]) => {
    const checks = rules.map(({ name: rule = '', constraints, each }): Check => {
      const list: readonly unknown[] = Array.isArray(constraints) ? constraints : [];
      return { name: rule, first: list[0], each };
    });
    const required = !rules.some(({ type: kind }) => kind === 'conditionalValidation');
    return { name, required, schema: schemaOf(checks, new type(), name) };
  });
}

function schemaOf(checks: readonly Check[], blank: unknown, name: string): Schema {
  const words = checks.flatMap((check) => Object.entries(WORDS[check.name]?.(check.first) ?? {}));
  const schema: Schema = Object.fromEntries(words);
  const standard = isRecord(blank) ? blank[name] : undefined;
  const whole = standard === undefined ? schema : { ...schema, default: standard };
  return checks.some(({ each }) => each) ? { type: 'array', items: whole } : whole;
}
