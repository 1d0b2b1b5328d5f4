import type { Command, Commands } from './command.js';
import { EXIT, usageError } from './command-error.js';
import { completionFor, SHELLS } from './completion.js';
import { print } from './print.js';

/** Completes the other commands. */
export function completionCommand(others: () => Commands): Command {
  return {
    summary: 'print a script by which the shell completes commands and options',
    usage: SHELLS.join('|'),
    details: ['For bash, in ~/.bashrc: eval "$(palingenesis completion bash)"'],
    maxOperands: 1,
    run: async (call) => {
      const shell = SHELLS.find((known) => known === call.operands[0]);
      if (shell === undefined) throw usageError(`completion: which shell? There are: ${SHELLS.join(', ')}`);
      print(completionFor(shell, others()).trimEnd());
      return EXIT.done;
    },
  };
}
