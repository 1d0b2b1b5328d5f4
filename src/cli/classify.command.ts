import type { Command } from './command.js';
import { usageError } from './command-error.js';

/** Here for its help: it knows the agents, and so is a program of its own, which the bin starts. */
export const classifyCommand: Command = {
  summary: 'what a record, a screen or a session file of an agent means, as one line of JSON',
  usage: '[--agent ID] [--at TIME] [FILE | -]  or  [--agent ID] --session FILE',
  standsAlone: true,
  details: [
    'Works without the service. FILE, or what comes in, holds lines of {"agent","kind":"text"|"json","payload","at"?},',
    "or the agent's own JSON records, or a screen as it is.",
    '--session FILE  a whole session: a transcript, a rollout, a chat, a database, or a recorded stream of events',
    '--agent ID      whose it is, where that is not said in the record',
    '--at TIME       when it was said (ISO), where the record does not say it; now by default',
    'Prints {"reason","confidence","resumable","reset":{"at","source","raw"}|null,"evidence"} for each.',
  ],
  run: () => {
    throw usageError('classify comes first: palingenesis classify [--agent ID] [FILE | -]');
  },
};
