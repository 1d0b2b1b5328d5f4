import { setTimeout as sleep } from 'node:timers/promises';
import { toStatus, type Status } from './api.js';
import type { Call } from './call.js';
import { ServiceError, type Client } from './client.js';
import { countdown } from './format.js';
import { print } from './print.js';

const EVERY_MS = 1000;
/** Home, then what is shown, then nothing below it: without a flicker. */
const HOME = '\u001b[H';
const CLEAR_BELOW = '\u001b[J';
const CLEAR_LINE_END = '\u001b[K';
const CLEAR_ALL = '\u001b[2J';

type Show = (status: Status, nowMs: number, due: typeof countdown) => string;

/** Shows how the service is, anew every second, also when it is away for a while; until the process is ended. */
export async function watchStatus(call: Call, show: Show): Promise<never> {
  const client = await call.client();
  const isScreen = process.stdout.isTTY && !call.wantsJson;
  let last = await look(client, call, show);
  if (isScreen) process.stdout.write(CLEAR_ALL);
  for (;;) {
    print(isScreen ? onScreen(last) : last);
    await sleep(EVERY_MS);
    last = await look(client, call, show).catch((error: unknown) => away(error, last));
  }
}

async function look(client: Client, call: Call, show: Show): Promise<string> {
  const answer = await client.get('/api/v1/status');
  return call.wantsJson ? answer.text : `${show(toStatus(answer.fields), Date.now(), countdown)}\n`;
}

function away(error: unknown, last: string): string {
  if (!(error instanceof ServiceError) || error.status !== undefined) throw error;
  const note = '(the service is away; this is how it was)\n';
  return last.endsWith(note) ? last : `${last}${note}`;
}

function onScreen(text: string): string {
  const { columns, rows } = process.stdout;
  const lines = text.split('\n').slice(0, rows - 1);
  const fit = lines.map((line) => `${line.slice(0, columns - 1)}${CLEAR_LINE_END}`);
  return `${HOME}${fit.join('\n')}${CLEAR_BELOW}`;
}
