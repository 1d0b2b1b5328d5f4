import type { Call } from './call.js';
import type { Command } from './command.js';
import { EXIT, type ExitCode } from './command-error.js';
import { print } from './print.js';

export const resumeCommand: Command = {
  summary: 'go on acting, with whatever came due meanwhile',
  usage: '',
  run: resume,
};

async function resume(call: Call): Promise<ExitCode> {
  const answer = await (await call.client()).post('/api/v1/resume');
  print(call.wantsJson ? answer.text : 'running: due sessions are resumed again');
  return EXIT.done;
}
