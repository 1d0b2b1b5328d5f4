import { ValidateBy } from 'class-validator';
import { isLoopback } from '../core/loopback.js';
import { headersOf } from './otel-headers.js';

type Fits = (value: unknown, siblings: Readonly<Record<string, unknown>>) => boolean;

/** Every decorator here ends the sentence "allowed is …", which its one message is. */
function allowed(words: string, fits: Fits): PropertyDecorator {
  return ValidateBy({
    name: words,
    validator: {
      validate: (value: unknown, args) => fits(value, { ...args?.object }),
      defaultMessage: () => words,
    },
  });
}

const isBetween = (value: unknown, min: number, max: number): value is number =>
  typeof value === 'number' && value >= min && value <= max;

const isText = (value: unknown, maxLength: number): boolean =>
  typeof value === 'string' && value.trim() !== '' && value.length <= maxLength;

export function WholeNumber(min: number, max: number): PropertyDecorator {
  return allowed(
    `a whole number from ${min} to ${max}`,
    (value) => isBetween(value, min, max) && Number.isInteger(value),
  );
}

export function NumberBetween(min: number, max: number): PropertyDecorator {
  return allowed(`a number from ${min} to ${max}`, (value) => isBetween(value, min, max));
}

export function Seconds(max: number): PropertyDecorator {
  return allowed(`seconds, more than 0 and at most ${max}`, (value) =>
    isBetween(value, Number.MIN_VALUE, max),
  );
}

/** `sibling` is the property name; the words name it as the file does. */
export function NotBelow(sibling: string, words: string): PropertyDecorator {
  return allowed(words, (value, siblings) => !(Number(value) < Number(siblings[sibling])));
}

export function Toggle(): PropertyDecorator {
  return allowed('true or false', (value) => typeof value === 'boolean');
}

export function OneOf(choices: readonly string[]): PropertyDecorator {
  return allowed(choices.map((choice) => `"${choice}"`).join(' or '), (value) =>
    choices.some((choice) => choice === value),
  );
}

export function Text(maxLength: number): PropertyDecorator {
  return allowed(`text of 1 to ${maxLength} characters, not only blanks`, (value) =>
    isText(value, maxLength),
  );
}

export function DirectoryPath(): PropertyDecorator {
  return allowed('a path, or "" for the default', (value) => typeof value === 'string');
}

export function DirectoryPaths(empty: 'the default' | 'none'): PropertyDecorator {
  return allowed(
    `a path or a list of paths; [] for ${empty}`,
    (value) => Array.isArray(value) && value.every((path) => isText(path, 4096)),
  );
}

export function HeaderList(): PropertyDecorator {
  return allowed('a table of texts, or "name=value,name2=value2"', (value) => headersOf(value) !== undefined);
}

export function WebAddress(): PropertyDecorator {
  return allowed('an address that begins with https:// or http://, or "" for none', (value) => {
    return value === '' || (typeof value === 'string' && /^https?:\/\//i.test(value) && URL.canParse(value));
  });
}

export function LoopbackHost(): PropertyDecorator {
  return allowed('a loopback address: 127.0.0.1 (any 127.x.x.x), ::1 or localhost', (value) => {
    return typeof value === 'string' && !value.startsWith('[') && isLoopback(value);
  });
}
