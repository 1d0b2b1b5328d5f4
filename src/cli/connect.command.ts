import type { Command } from './command.js';
import { usageError } from './command-error.js';

/** Here for their help: they know the agents, and so are a program of their own, which the bin starts. */
export const connectCommand: Command = {
  summary: 'have an agent report to the service as it works, by a hook or a plugin',
  usage: 'AGENT [--yes] [--url URL]',
  standsAlone: true,
  details: [
    "Works without the service. Shows what it changes in the agent's own files, and asks first.",
    '--yes      do not ask',
    '--url URL  where the agent reports to; by default where the settings tell the service to listen',
  ],
  options: { yes: { type: 'boolean' } },
  maxOperands: 1,
  run: () => comesFirst('connect'),
};

export const disconnectCommand: Command = {
  summary: 'undo connect: the files of the agent are what they were before',
  usage: 'AGENT [--yes]',
  standsAlone: true,
  details: ['Works without the service. Shows what it changes, and asks first.', '--yes  do not ask'],
  options: { yes: { type: 'boolean' } },
  maxOperands: 1,
  run: () => comesFirst('disconnect'),
};

function comesFirst(name: string): never {
  throw usageError(`${name} comes first: palingenesis ${name} AGENT [--yes]`);
}
