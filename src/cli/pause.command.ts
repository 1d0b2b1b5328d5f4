import type { Call } from './call.js';
import type { Command } from './command.js';
import { EXIT, type ExitCode } from './command-error.js';
import { print } from './print.js';

export const pauseCommand: Command = {
  summary: 'stop acting: stops are still recorded, nothing is resumed, also after a restart',
  usage: '',
  run: pause,
};

async function pause(call: Call): Promise<ExitCode> {
  const answer = await (await call.client()).post('/api/v1/pause');
  print(call.wantsJson ? answer.text : 'paused: nothing is resumed until "palingenesis resume"');
  return EXIT.done;
}
