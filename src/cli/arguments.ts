import { parseArgs } from 'node:util';
import { messageOf } from '../core/errors.js';
import { Call } from './call.js';
import type { Command, Commands, Options } from './command.js';
import { usageError } from './command-error.js';
import { nearestHint } from './nearest.js';

const GLOBAL_OPTIONS = {
  url: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
} satisfies Options;

const SETTING = /^--(?:config$|config=|[\w-]+\.)/;

export type Parsed = Readonly<{ name: string; command: Command; call: Call }>;

/** What was called and with what; `help` and `version` also as options. Throws a `CommandError`. */
export function parseCommandLine(argv: readonly string[], commands: Commands): Parsed {
  const { settingsFlags, others } = splitSettings(argv);
  const { given, rest } = splitName(others);
  if (given === undefined) return withoutName(rest, commands);
  const command = find(given, commands);
  const { operands, values } = parseOptions(given, command, rest);
  if (values['help'] === true) return instead('help', commands, [given]);
  if (values['version'] === true) return instead('version', commands);
  return { name: given, command, call: new Call(operands, values, settingsFlags) };
}

function withoutName(words: string[], commands: Commands): Parsed {
  refuseUnknown(words, GLOBAL_OPTIONS);
  if (words.includes('--version')) return instead('version', commands);
  if (words.includes('--help') || words.includes('-h')) return instead('help', commands);
  throw usageError(`a command is missing; there are: ${[...commands.keys()].join(', ')}`);
}

function instead(name: string, commands: Commands, operands: readonly string[] = []): Parsed {
  return { name, command: find(name, commands), call: new Call(operands, {}, []) };
}

function find(name: string, commands: Commands): Command {
  const command = commands.get(name);
  if (command !== undefined) return command;
  throw usageError(`"${name}": no such command; ${nearestHint(name, [...commands.keys()])}`);
}

/** Takes out what the settings understand, with its value where that is a word of its own. */
function splitSettings(argv: readonly string[]): { settingsFlags: string[]; others: string[] } {
  const settingsFlags: string[] = [];
  const others: string[] = [];
  const words = [...argv];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '--') return { settingsFlags, others: [...others, word, ...words] };
    const target = SETTING.test(word) ? settingsFlags : others;
    target.push(word);
    if (target === settingsFlags && !word.includes('=') && words[0]?.startsWith('--') === false)
      target.push(...words.splice(0, 1));
  }
  return { settingsFlags, others };
}

/** The command is the first word that is no option. */
function splitName(words: string[]): { given: string | undefined; rest: string[] } {
  const { tokens } = parseArgs({ args: words, options: GLOBAL_OPTIONS, strict: false, tokens: true });
  const name = tokens.find(({ kind }) => kind === 'positional');
  if (name === undefined) return { given: undefined, rest: words };
  return { given: name.value, rest: words.toSpliced(name.index, 1) };
}

type Given = Readonly<{ operands: readonly string[]; values: Readonly<Record<string, unknown>> }>;

function parseOptions(name: string, command: Command, words: string[]): Given {
  const options: Options = { ...GLOBAL_OPTIONS, ...command.options };
  refuseUnknown(words, options);
  const { positionals, values } = parsed(words, options);
  const tooMany = positionals[command.maxOperands ?? 0];
  if (tooMany !== undefined)
    throw usageError(
      `"${tooMany}": one word too many; usage: palingenesis ${name} ${command.usage}`.trimEnd(),
    );
  return { operands: positionals, values };
}

function refuseUnknown(words: string[], options: Options): void {
  const { tokens } = parseArgs({ args: words, options, strict: false, allowPositionals: true, tokens: true });
  for (const token of tokens)
    if (token.kind === 'option' && !Object.hasOwn(options, token.name))
      throw usageError(
        `${token.rawName}: no such option here; ${nearestHint(token.rawName, namesOf(options))}`,
      );
}

function namesOf(options: Options): string[] {
  return [...Object.keys(options), 'config'].map((option) => `--${option}`);
}

function parsed(args: string[], options: Options): Readonly<{ positionals: string[]; values: object }> {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw usageError(messageOf(error));
  }
}
