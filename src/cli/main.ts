import { messageOf } from '../core/errors.js';
import { parseCommandLine } from './arguments.js';
import { EXIT, exitCodeOf, type ExitCode } from './command-error.js';
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

// A reader that has seen enough, such as `head`, is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? EXIT.done : EXIT.failed),
);

process.exitCode = await main(process.argv.slice(2));
