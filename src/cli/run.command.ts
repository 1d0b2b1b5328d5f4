import { resolve } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../core/errors.js';
import { toSessionDetail, type SessionDetail } from './api.js';
import type { Call } from './call.js';
import type { Client } from './client.js';
import type { Command } from './command.js';
import { CommandError, EXIT, exitCodeOf, usageError, type ExitCode } from './command-error.js';
import { Follower, hasCompleted, type Change, type End } from './follow.js';
import { absoluteTime, printable } from './format.js';
import { print } from './print.js';

export const runCommand: Command = {
  summary: 'start a session with a prompt and follow it to its end, through every limit',
  usage:
    '[--agent ID] [--cwd DIR] [--permission-mode MODE] [--allowed-tool TOOL]… [--model MODEL] [--detach] [--] PROMPT…',
  details: [
    '--agent ID              which agent; the first that is switched on by default',
    '--cwd DIR               where it works; here by default',
    '--permission-mode MODE  as the agent names them, such as acceptEdits',
    '--allowed-tool TOOL     that it may use without asking, such as "Bash(git log:*)"; as often as needed',
    '--model MODEL           as the agent names them',
    '--detach                print the id of the session and do not follow it',
    'PROMPT                  "-" reads it from the standard input',
    '',
    'Ends with 0 when the session completed and with 1 when it did not. Ctrl-C only ends the following.',
  ],
  options: {
    agent: { type: 'string' },
    cwd: { type: 'string' },
    'permission-mode': { type: 'string' },
    'allowed-tool': { type: 'string', multiple: true },
    model: { type: 'string' },
    detach: { type: 'boolean' },
  },
  maxOperands: Infinity,
  run: runSession,
};

async function runSession(call: Call): Promise<ExitCode> {
  const client = await call.client();
  const answer = await client.post('/api/v1/sessions', {
    agent: call.text('agent'),
    cwd: resolve(call.text('cwd') ?? '.'),
    prompt: await promptOf(call),
    permission_mode: call.text('permission-mode'),
    model: call.text('model'),
    allowed_tools: call.texts('allowed-tool'),
  });
  const { id } = toSessionDetail(answer.fields);
  if (call.isOn('detach')) {
    print(call.wantsJson ? answer.text : id);
    return EXIT.done;
  }
  return follow(client, id, call.wantsJson);
}

async function promptOf({ operands }: Call): Promise<string> {
  const isPiped = operands.length === 1 && operands[0] === '-';
  const prompt = isPiped ? await readAll(process.stdin) : operands.join(' ');
  if (prompt.trim() === '') throw usageError('the prompt is empty: write it last, or "-" and pipe it in');
  return prompt;
}

async function follow(client: Client, id: string, wantsJson: boolean): Promise<ExitCode> {
  if (!wantsJson) print(`session ${id}`);
  const lookAgain = `to look again: palingenesis sessions ${id}`;
  process.on('SIGINT', () => {
    process.stderr.write(`no longer followed, the session goes on; ${lookAgain}\n`);
    process.exit(EXIT.interrupted);
  });
  const tell = (change: Change): void => print(wantsJson ? changeAsJson(id, change) : formatChange(change));
  try {
    const end = await new Follower(client, id, tell, { nowMs: Date.now, sleep }).follow();
    return report(end, wantsJson);
  } catch (error) {
    const message = `${messageOf(error)}\nthe session may still go on; ${lookAgain}`;
    throw new CommandError(exitCodeOf(error), message, { cause: error });
  }
}

function report({ session, answer }: End, wantsJson: boolean): ExitCode {
  if (wantsJson) print(answer.text);
  if (hasCompleted(session)) {
    const denied = session.runs.flatMap(({ deniedTools }) => deniedTools);
    if (denied.length > 0) process.stderr.write(`${refusedTools(denied)}\n`);
    return EXIT.done;
  }
  process.stderr.write(`palingenesis: ${explainEnd(session)}\n`);
  return EXIT.failed;
}

function refusedTools(tools: readonly string[]): string {
  return printable(`the agent refused for lack of permission: ${[...new Set(tools)].join(', ')}`);
}

/** One sentence on a session that did not complete, with where to look further. */
export function explainEnd({ id, state, stop, episodes, runs }: SessionDetail): string {
  const [run] = runs;
  const result = run && `its last run ended: ${run.reason ?? run.result ?? 'no result'}`;
  const why = episodes[0]?.why ?? stop?.text ?? result ?? 'nothing is known of it';
  return printable(`the session did not complete, it is ${state}: ${why}; see: palingenesis sessions ${id}`);
}

/** `2026-11-22 13:52:15 UTC  waiting: usage_limit until …` */
export function formatChange({ atMs, state, why }: Change): string {
  const word = state === 'detected' ? 'stopped' : state;
  return printable(`${absoluteTime(atMs)}  ${word}${why === '' ? '' : `: ${why}`}`);
}

function changeAsJson(sessionId: string, { atMs, state, why, episodeId }: Change): string {
  const at = new Date(atMs).toISOString();
  return JSON.stringify({ session_id: sessionId, episode_id: episodeId ?? null, at, state, why });
}
