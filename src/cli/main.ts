import { ConfigError } from '../config/config-error.js';
import { messageOf } from '../core/errors.js';
import { parseCommandLine } from './arguments.js';
import { CommandError, EXIT, type ExitCode } from './command-error.js';
import { COMMANDS } from './commands.js';

async function main(argv: readonly string[]): Promise<ExitCode> {
  try {
    const { command, call } = parseCommandLine(argv, COMMANDS);
    return await command.run(call);
  } catch (error) {
    process.stderr.write(`palingenesis: ${messageOf(error)}\n`);
    return exitCodeOf(error);
  }
}

function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommandError) return error.exitCode;
  return error instanceof ConfigError ? EXIT.usage : EXIT.failed;
}

// A reader that has seen enough, such as `head`, is no error.
process.stdout.on('error', () => process.exit(EXIT.done));

process.exitCode = await main(process.argv.slice(2));
