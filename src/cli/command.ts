import type { ParseArgsConfig } from 'node:util';
import type { Call } from './call.js';
import { usageError, type ExitCode } from './command-error.js';
import { nearestHint } from './nearest.js';

export type Options = NonNullable<ParseArgsConfig['options']>;

/** One word of the command line. */
export type Command = Readonly<{
  /** One line for the overview. */
  summary: string;
  /** What may follow the name. */
  usage: string;
  /** More of its own help; a line each. */
  details?: readonly string[];
  options?: Options;
  /** Takes none of the options that the other commands share. */
  standsAlone?: true;
  /** How many words may follow that are no options; none by default. */
  maxOperands?: number;
  /** Resolves to the exit code. Throws a `CommandError` or a `ConfigError`. */
  run: (call: Call) => Promise<ExitCode>;
}>;

export type Commands = ReadonlyMap<string, Command>;

/** Throws a `CommandError` that names the nearest one. */
export function findCommand(name: string, commands: Commands): Command {
  const command = commands.get(name);
  if (command !== undefined) return command;
  throw usageError(`"${name}": no such command; ${nearestHint(name, [...commands.keys()])}`);
}
