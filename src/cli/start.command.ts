import type { Command } from './command.js';
import { usageError } from './command-error.js';

/** Here for its help: the service is a program of its own, which the bin starts. */
export const startCommand: Command = {
  summary: 'run the service in the foreground',
  usage: '[--config FILE] [--SECTION.KEY=VALUE …]',
  standsAlone: true,
  details: ['Ends on SIGINT or SIGTERM; reads its settings again on SIGHUP.'],
  run: () => {
    throw usageError('start comes first: palingenesis start [--config FILE] [--SECTION.KEY=VALUE …]');
  },
};
