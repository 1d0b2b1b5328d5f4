import { isRecord } from '../../src/core/json-record.js';

const ODD: readonly unknown[] = [
  ...[
    null,
    true,
    0,
    -1,
    1.5,
    1e308,
    -0,
    2 ** 53,
    '',
    ' ',
    '\u0000',
    '\ud800',
    '../../etc/passwd',
    '%00',
    "'; drop",
  ],
  ...[
    '__proto__',
    'constructor',
    'ﷺ'.repeat(50),
    'x'.repeat(5000),
    '9'.repeat(30),
    [],
    [[]],
    {},
    { a: { b: {} } },
  ],
  ...[{ __proto__: { x: 1 } }, { toString: null }, { length: -1 }, [null], ['a', 1]],
];

/** Values for a schema: mostly such as it asks for, some that no schema would. */
export class GeneratedValues {
  constructor(private readonly random: () => number) {}

  odd(): unknown {
    return this.pick(ODD);
  }

  for(schema: unknown): unknown {
    if (this.random() < 0.25 || !isRecord(schema)) return this.odd();
    const choices = schema['enum'] ?? schema['anyOf'];
    if (Array.isArray(choices)) {
      const choice: unknown = this.pick(choices);
      return schema['enum'] === undefined ? this.for(choice) : choice;
    }
    return this.ofType(schema);
  }

  pick<T>(list: readonly T[]): T | undefined {
    return list[Math.floor(this.random() * list.length)];
  }

  private ofType(schema: Readonly<Record<string, unknown>>): unknown {
    const { properties, items } = schema;
    switch (schema['type']) {
      case 'object':
        return this.object(isRecord(properties) ? properties : {});
      case 'array':
        return Array.from({ length: Math.floor(this.random() * 4) }, () => this.for(items));
      case 'integer':
        return Math.floor(this.random() * 1000) - 10;
      case 'number':
        return this.random() * 1000;
      case 'boolean':
        return this.random() < 0.5;
      default:
        return this.random() < 0.3
          ? '/tmp'
          : this.random()
              .toString(36)
              .repeat(1 + Math.floor(this.random() * 5));
    }
  }

  private object(properties: Readonly<Record<string, unknown>>): object {
    const kept = Object.entries(properties).filter(() => this.random() < 0.85);
    const object = kept.map(([name, schema]): [string, unknown] => [name, this.for(schema)]);
    if (this.random() < 0.1) object.push([JSON.stringify(this.odd()), this.odd()]);
    return Object.fromEntries(object);
  }
}
