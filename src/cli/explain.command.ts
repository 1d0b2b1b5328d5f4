import type { Answer, Client } from './client.js';
import { ServiceError } from './client.js';
import type { Call } from './call.js';
import type { Command } from './command.js';
import { EXIT, usageError, type ExitCode } from './command-error.js';
import { printable } from './format.js';
import { print } from './print.js';

export const explainCommand: Command = {
  summary: 'why a session is resumed, or is not: what was seen, what comes next, what is in the way',
  usage: 'SESSION | EPISODE',
  details: ['With --json also as data: seen, planned, due_at, blocked_by and would_change.'],
  maxOperands: 1,
  run: explain,
};

async function explain(call: Call): Promise<ExitCode> {
  const [id] = call.operands;
  if (id === undefined) throw usageError('which one? usage: palingenesis explain SESSION | EPISODE');
  const answer = await ask(await call.client(), encodeURIComponent(id));
  print(call.wantsJson ? answer.text : printable(answer.fields.text('text')));
  return EXIT.done;
}

/** An id of an episode begins with `ep-`, which that of a session could, too. */
async function ask(client: Client, id: string): Promise<Answer> {
  const ofSession = (): Promise<Answer> => client.get(`/api/v1/sessions/${id}/explain`);
  if (!id.startsWith('ep-')) return ofSession();
  try {
    return await client.get(`/api/v1/episodes/${id}/explain`);
  } catch (error) {
    if (!(error instanceof ServiceError) || error.status !== 404) throw error;
    return ofSession();
  }
}
