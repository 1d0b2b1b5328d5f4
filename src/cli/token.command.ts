import type { Call } from './call.js';
import type { Command } from './command.js';
import { CommandError, EXIT, usageError, type ExitCode } from './command-error.js';
import { print } from './print.js';

export const tokenCommand: Command = {
  summary: 'show the token that requests from other machines need',
  usage: '[control|read]',
  details: [
    'control  allows everything; this one by default',
    'read     allows what changes nothing',
    '',
    'Works without the service, which makes both tokens when it starts with an http.host that is not loopback.',
    'For a new one, remove its file in http.token_dir and start the service again.',
  ],
  maxOperands: 1,
  run: showToken,
};

async function showToken(call: Call): Promise<ExitCode> {
  const { readToken, SCOPES } = await import('../store/token-files.js');
  const [given = 'control'] = call.operands;
  const scope = SCOPES.find((known) => known === given);
  if (scope === undefined) throw usageError(`token ${given}: allowed is ${SCOPES.join(' or ')}`);
  const { tokenDir } = (await call.settings()).settings.http;
  const token = readToken(tokenDir, scope);
  if (token === undefined)
    throw new CommandError(
      EXIT.failed,
      `no token in ${tokenDir}: on loopback none is needed; the service makes them when http.host is another address`,
    );
  print(call.wantsJson ? JSON.stringify({ scope, token }) : token);
  return EXIT.done;
}
