import type { Answer, Client } from './client.js';
import type { Call } from './call.js';
import type { Command } from './command.js';
import { EXIT, usageError, type ExitCode } from './command-error.js';
import type { Fields } from './fields.js';
import { print } from './print.js';

type Act = Readonly<{
  /** Last part of the route. */
  route: string;
  summary: string;
  details?: readonly string[];
  options?: Command['options'];
  body?: (call: Call) => object;
}>;

/** A command that has the service act on one session. */
function actCommand(name: string, { route, summary, details = [], options = {}, body }: Act): Command {
  const more = Object.keys(options).map((option) => ` [--${option}]`);
  return {
    summary,
    usage: `SESSION${more.join('')} [--key KEY]`,
    details: [...details, '--key KEY  an Idempotency-Key: what is asked for again under it is done once'],
    options: { ...options, key: { type: 'string' } },
    maxOperands: 1,
    run: async (call) => {
      const [sessionId] = call.operands;
      if (sessionId === undefined) throw usageError(`which session? usage: palingenesis ${name} SESSION`);
      return act(call, `/api/v1/sessions/${encodeURIComponent(sessionId)}/${route}`, body?.(call) ?? {});
    },
  };
}

async function act(call: Call, path: string, body: object): Promise<ExitCode> {
  const answer = await post(await call.client(), path, body, call.text('key'));
  print(call.wantsJson ? answer.text : formatAct(answer.fields));
  return EXIT.done;
}

function post(client: Client, path: string, body: object, key: string | undefined): Promise<Answer> {
  return client.post(path, body, key === undefined ? {} : { 'idempotency-key': key });
}

/** What was done, and how the episode stands now. */
export function formatAct(answer: Fields): string {
  const episode = answer.maybe('episode');
  const words = answer.text('why');
  return episode === undefined
    ? words
    : `${words}\nepisode ${episode.text('id')} is ${episode.text('state')}`;
}

export const skipCommand = actCommand('skip', {
  route: 'skip',
  summary: 'leave a session alone until it stops the next time',
});

export const abortCommand = actCommand('abort', {
  route: 'abort',
  summary: 'end our run in a session, and do not take up again what it leaves undone',
});

export const ackCommand = actCommand('ack', {
  route: 'ack',
  summary: 'a parked session was seen to: try again, or close it',
  details: ['--close  leave it alone instead of trying again'],
  options: { close: { type: 'boolean' } },
  body: (call) => ({ action: call.isOn('close') ? 'close' : 'retry' }),
});

export const resumeNowCommand = actCommand('resume-now', {
  route: 'resume',
  summary: 'resume one session now, whatever is waited for and whatever the rules say',
});

export const newSessionCommand = actCommand('new-session', {
  route: 'new-session',
  summary: 'hand the work of a session over to a new one now',
});
