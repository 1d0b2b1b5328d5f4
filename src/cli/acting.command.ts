import type { Command } from './command.js';
import { EXIT } from './command-error.js';
import { print } from './print.js';

export const pauseCommand: Command = {
  summary: 'stop acting: stops are still recorded, nothing is resumed, also after a restart',
  usage: '',
  run: acting('pause', 'paused: stops are recorded, nothing is resumed until "palingenesis resume"'),
};

export const resumeCommand: Command = {
  summary: 'go on acting, with whatever came due meanwhile',
  usage: '',
  run: acting('resume', 'running: due sessions are resumed again'),
};

function acting(route: string, done: string): Command['run'] {
  return async (call) => {
    const answer = await (await call.client()).post(`/api/v1/${route}`);
    print(call.wantsJson ? answer.text : done);
    return EXIT.done;
  };
}
