import { ValidateBy } from 'class-validator';
import { parseQuietHours } from '../core/quiet-hours.js';
import { isZone } from '../core/zoned-time.js';
import { headersOf } from './otel-headers.js';
import { projectRulesOf } from './project-rules.js';

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

export function QuietHourList(): PropertyDecorator {
  return allowed(
    'a list of spans such as "22:00-07:00"',
    (value) =>
      Array.isArray(value) &&
      value.every((span) => typeof span === 'string' && parseQuietHours(span) !== undefined),
  );
}

export function TimeZone(): PropertyDecorator {
  return allowed(
    'a time zone such as "Europe/Berlin", or "" for that of this machine',
    (value) => typeof value === 'string' && (value === '' || isZone(value)),
  );
}

export function ProjectRuleList(): PropertyDecorator {
  return allowed(
    'a list of tables with path (a glob: absolute, or beginning with ~ or **) and any of resume (true or false), ' +
      'mode ("act" or "observe") and max_per_day (a whole number from 1)',
    (value) => projectRulesOf(value) !== undefined,
  );
}

export function HeaderList(): PropertyDecorator {
  return allowed('a table of texts, or "name=value,name2=value2"', (value) => headersOf(value) !== undefined);
}

/** IPv6 without brackets, as addresses to listen on are written. */
const HOST = /^(?:[a-z\d](?:[a-z\d.-]{0,252})|[\da-f:.]*:[\da-f:.]*)$/i;

const isHost = (value: unknown): boolean => typeof value === 'string' && HOST.test(value);

export function Host(): PropertyDecorator {
  return allowed('an address or a host name, such as 127.0.0.1, ::1 or 0.0.0.0', isHost);
}

export function Hosts(): PropertyDecorator {
  return allowed(
    'a list of host names without ports',
    (value) => Array.isArray(value) && value.every((name) => isHost(name)),
  );
}

export function WebAddress(): PropertyDecorator {
  return allowed('an address that begins with https:// or http://, or "" for none', (value) => {
    return value === '' || (typeof value === 'string' && /^https?:\/\//i.test(value) && URL.canParse(value));
  });
}
