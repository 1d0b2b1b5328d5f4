import { CommandError, EXIT } from './command-error.js';

/**
 * One JSON object of an answer. Every reader throws a `CommandError` where the field is not what the API
 * promises; `null` and a missing field are the same.
 */
export class Fields {
  private constructor(
    private readonly values: Readonly<Record<string, unknown>>,
    private readonly where: string,
  ) {}

  /** `where` says to people what answered. */
  static parse(json: string, where: string): Fields {
    return Fields.of(parsed(json), where);
  }

  private static of(value: unknown, where: string): Fields {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new CommandError(EXIT.failed, `${where} is no JSON object; ${ADVICE}`);
    return new Fields({ ...value }, where);
  }

  text(name: string): string {
    return this.maybeText(name) ?? this.refuse(name, 'a text');
  }

  maybeText(name: string): string | undefined {
    const value = this.values[name] ?? undefined;
    return value === undefined || typeof value === 'string' ? value : this.refuse(name, 'a text');
  }

  number(name: string): number {
    return this.maybeNumber(name) ?? this.refuse(name, 'a number');
  }

  maybeNumber(name: string): number | undefined {
    const value = this.values[name] ?? undefined;
    return value === undefined || typeof value === 'number' ? value : this.refuse(name, 'a number');
  }

  /** A text or a number, as text. */
  maybeWord(name: string): string | undefined {
    return typeof this.values[name] === 'number' ? String(this.values[name]) : this.maybeText(name);
  }

  /** An ISO 8601 time as milliseconds since the epoch. */
  maybeTime(name: string): number | undefined {
    const text = this.maybeText(name);
    const atMs = text === undefined ? undefined : Date.parse(text);
    return Number.isNaN(atMs) ? this.refuse(name, 'an ISO 8601 time') : atMs;
  }

  time(name: string): number {
    return this.maybeTime(name) ?? this.refuse(name, 'an ISO 8601 time');
  }

  counts(name: string): ReadonlyMap<string, number> {
    const counts = this.one(name);
    return new Map(Object.keys(counts.values).map((key) => [key, counts.number(key)]));
  }

  maybe(name: string): Fields | undefined {
    const value = this.values[name] ?? undefined;
    return value === undefined ? undefined : Fields.of(value, `${this.where}: ${name}`);
  }

  one(name: string): Fields {
    return this.maybe(name) ?? this.refuse(name, 'an object');
  }

  list(name: string): readonly Fields[] {
    return this.array(name).map((value) => Fields.of(value, `${this.where}: one of ${name}`));
  }

  texts(name: string): readonly string[] {
    return this.array(name).map(String);
  }

  private array(name: string): readonly unknown[] {
    const value = this.values[name];
    return Array.isArray(value) ? value : this.refuse(name, 'a list');
  }

  private refuse(name: string, wanted: string): never {
    throw new CommandError(EXIT.failed, `${this.where} has no "${name}" that is ${wanted}; ${ADVICE}`);
  }
}

const ADVICE = 'is this a Palingenesis service of the same version?';

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
