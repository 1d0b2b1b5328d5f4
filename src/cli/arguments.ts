import { parseArgs } from 'node:util';
import { messageOf } from '../core/errors.js';
import { Call } from './call.js';
import { findCommand, type Command, type Commands, type Options } from './command.js';
import { usageError } from './command-error.js';
import { nearestHint } from './nearest.js';

const GLOBAL_OPTIONS = {
  url: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
} satisfies Options;

const SETTING = /^--(?:config$|config=|[\w-]+\.)/;

export type Parsed = Readonly<{ command: Command; call: Call }>;

/** What was called and with what; `help` and `version` also as options. Throws a `CommandError`. */
export function parseCommandLine(argv: readonly string[], commands: Commands): Parsed {
  const { settingsFlags, others } = splitSettings(argv);
  const { given, rest } = splitName(others);
  if (given === undefined) return withoutName(rest, commands);
  const command = findCommand(given, commands);
  const { operands, values } = parseOptions(given, command, rest);
  if (values['help'] === true) return instead('help', commands, [given]);
  if (values['version'] === true) return instead('version', commands);
  return { command, call: new Call(operands, values, settingsFlags) };
}

function withoutName(words: string[], commands: Commands): Parsed {
  refuseUnknown(words, GLOBAL_OPTIONS);
  if (words.includes('--version')) return instead('version', commands);
  if (words.includes('--help') || words.includes('-h')) return instead('help', commands);
  throw usageError(`a command is missing; there are: ${[...commands.keys()].join(', ')}`);
}

function instead(name: string, commands: Commands, operands: readonly string[] = []): Parsed {
  return { command: findCommand(name, commands), call: new Call(operands, {}, []) };
}

/** Takes out what the settings understand, with its value where that is a word of its own. */
function splitSettings(argv: readonly string[]): { settingsFlags: string[]; others: string[] } {
  const settingsFlags: string[] = [];
  const others: string[] = [];
  const words = [...argv];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '--') return { settingsFlags, others: [...others, word, ...words] };
    if (!SETTING.test(word)) others.push(word);
    else {
      const takesNext = !word.includes('=') && words[0]?.startsWith('--') === false;
      settingsFlags.push(word, ...words.splice(0, takesNext ? 1 : 0));
    }
  }
  return { settingsFlags, others };
}

/** The command is the first word that is no option. */
function splitName(words: string[]): { given: string | undefined; rest: string[] } {
  const { tokens } = parseArgs({ args: words, options: GLOBAL_OPTIONS, strict: false, tokens: true });
  const name = tokens.find(({ kind }) => kind === 'positional');
  if (name === undefined) return { given: undefined, rest: words };
  return { given: words[name.index], rest: words.toSpliced(name.index, 1) };
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

function parsed(args: string[], options: Options): ReturnType<typeof parseArgs> {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw usageError(messageOf(error));
  }
}
