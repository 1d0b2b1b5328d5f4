import { setTimeout as sleep } from 'node:timers/promises';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import type { Call } from './call.js';
import { ServiceError, type Client } from './client.js';
import type { Command } from './command.js';
import type { ExitCode } from './command-error.js';
import { Fields } from './fields.js';
import { absoluteTime, printable } from './format.js';
import { print } from './print.js';
import type { Time } from './follow.js';

export const eventsCommand: Command = {
  summary: 'what happens, as it happens, until Ctrl-C',
  usage: '[--type TYPE,…] [--session ID] [--since ID]',
  details: [
    '--type TYPE,…  only these types, such as episode-changed; docs/events.md has them all',
    '--session ID   only what is about one session',
    '--since ID     first what came after this event; 0 for all that is kept',
    '',
    'Goes on by itself, without losing anything, when the service was away for up to two minutes.',
  ],
  options: { type: { type: 'string' }, session: { type: 'string' }, since: { type: 'string' } },
  run: followEvents,
};

const PAUSE_MS = 1000;
/** How long the service may be away, as for a restart. */
const AWAY_MS = 120_000;

type Query = Readonly<Record<string, string | undefined>>;
type Tell = (event: EventSourceMessage) => void;

async function followEvents(call: Call): Promise<ExitCode> {
  const query = { type: call.text('type'), session: call.text('session'), since: call.text('since') };
  const tell = (event: EventSourceMessage): void => tellEvent(event, call.wantsJson);
  return new EventFollower(await call.client(), query, tell, { nowMs: Date.now, sleep }).follow();
}

/** Follows the event stream and comes back where it was when it breaks. */
export class EventFollower {
  #place: string | undefined;
  #heardAtMs: number;

  constructor(
    private readonly client: Pick<Client, 'stream'>,
    private readonly query: Query,
    private readonly tell: Tell,
    private readonly time: Time,
  ) {
    this.#heardAtMs = time.nowMs();
  }

  /** Never resolves. Throws a `ServiceError` when the service refuses, is not there at first, or stays away. */
  async follow(): Promise<never> {
    for (;;) {
      await this.#listen().catch((error: unknown) => this.#forgive(error));
      await this.time.sleep(PAUSE_MS);
    }
  }

  async #listen(): Promise<void> {
    const parser = createParser({ onEvent: (event) => this.#hear(event) });
    const headers = this.#place === undefined ? {} : { 'last-event-id': this.#place };
    for await (const chunk of this.client.stream('/api/v1/events', this.query, headers)) {
      this.#heardAtMs = this.time.nowMs();
      parser.feed(chunk);
    }
  }

  #hear(event: EventSourceMessage): void {
    this.#place = event.id ?? this.#place;
    this.tell(event);
  }

  #forgive(error: unknown): void {
    const isPassing =
      error instanceof ServiceError &&
      (error.status === undefined || error.status >= 500 || error.status === 429);
    const isAway = this.#place !== undefined && this.time.nowMs() - this.#heardAtMs < AWAY_MS;
    if (!isPassing || !isAway) throw error;
  }
}

function tellEvent({ event = '', data }: EventSourceMessage, wantsJson: boolean): void {
  if (event === 'ready' || event === 'close') return;
  if (event === 'gap') process.stderr.write(`palingenesis: some events are not kept any more: ${data}\n`);
  else print(wantsJson ? data : formatEvent(Fields.parse(data, 'an event')));
}

/** `2026-11-22 13:52:15 UTC  episode-changed  session-1  waiting: usage_limit until …` */
export function formatEvent(event: Fields): string {
  const words = [
    absoluteTime(event.time('at')),
    event.text('type'),
    event.maybeText('session_id'),
    gist(event),
  ];
  return printable(words.filter((word) => word !== undefined && word !== '').join('  '));
}

/** What the fields of any event say, as far as it has them. */
function gist(event: Fields): string {
  const stop = event.maybe('stop');
  const words = [
    ...['state', 'by', 'kind', 'result', 'method', 'route', 'path'].map((name) => event.maybeText(name)),
    event.maybeWord('status'),
    stop?.text('reason') ?? event.maybeText('reason'),
  ];
  const why =
    stop?.maybe('evidence')?.maybeText('text') ?? event.maybeText('why') ?? event.maybeText('problem');
  const facts = words.filter((word) => word !== undefined).join(' ');
  return why === undefined ? facts : `${facts}: ${why}`;
}
