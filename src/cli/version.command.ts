import { VERSION } from '../version.js';
import type { Command } from './command.js';
import { EXIT } from './command-error.js';
import { print } from './print.js';

export const versionCommand: Command = {
  summary: 'the version of this program',
  usage: '',
  run: async (call) => {
    print(call.wantsJson ? JSON.stringify({ version: VERSION }) : VERSION);
    return EXIT.done;
  },
};
