import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeClock } from '../../test/support/fake-clock.js';
import { testConfig } from '../../test/support/test-config.js';
import { until } from '../../test/support/until.js';
import { OpenCodeAdapter } from '../agents/opencode/opencode.adapter.js';
import { OPENCODE_SERVER } from '../agents/opencode/opencode.server.js';
import type { ProcessHost } from '../core/ports/process-host.js';
import type { Signal } from '../core/signal.js';
import { LocalProcessHost } from '../platform/local-process-host.js';
import { ServerFeed } from './server-feed.js';

const PID = 4711;
const PASSWORD = 'made-up';
const BASIC = `Basic ${Buffer.from(`opencode:${PASSWORD}`).toString('base64')}`;
const OWN = [{ pid: PID, argv: ['opencode', 'serve'] }];
const NEXT_MS = Date.parse('2026-11-22T15:00:00Z');

let server: Server;
let streams: ServerResponse[];
let asked: string[];
let password: string | undefined;
let listening: boolean;
let signals: Signal[];
let feed: ServerFeed;

/** What the server of OpenCode 1.18.33 answers. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  const { url = '', headers } = request;
  asked.push(url);
  if (headers.authorization !== BASIC) return void response.writeHead(401).end();
  if (url === '/global/event') {
    streams.push(response.writeHead(200, { 'content-type': 'text/event-stream' }));
    response.write('data: {"payload":{"type":"server.connected","properties":{}}}\n\n');
  } else if (url.startsWith('/session/status')) {
    const retry = { type: 'retry', attempt: 1, message: 'usage limit', next: NEXT_MS };
    response.end(JSON.stringify({ ses_before: retry }));
  } else response.end('[{"id":"per_1","sessionID":"ses_asks","permission":"bash"}]');
}

function tell(type: string, properties: object): void {
  for (const stream of streams)
    stream.write(`data: ${JSON.stringify({ directory: '/w', payload: { type, properties } })}\n\n`);
}

beforeEach(async () => {
  [streams, asked, signals, password, listening] = [[], [], [], PASSWORD, true];
  server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const processes: ProcessHost = Object.assign(new LocalProcessHost(), {
    listeningPorts: () => Promise.resolve(listening ? [port] : []),
    envOf: (_pid: number, name: string) => (name === 'OPENCODE_SERVER_PASSWORD' ? password : undefined),
  });
  const clock = new FakeClock();
  feed = new ServerFeed({
    ...{ processes, clock, server: OPENCODE_SERVER, timeoutMs: () => 5000 },
    agent: new OpenCodeAdapter(testConfig('/home/dev')),
    foldersOf: () => ['/w x'],
    onSignals: (more) => signals.push(...more),
  });
});
afterEach(async () => {
  feed.close();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

const has = (wanted: () => boolean): Promise<true> =>
  until(async () => (wanted() ? true : undefined), {
    timeoutMs: 5000,
    failure: () => JSON.stringify({ asked, signals }),
  });

describe('ServerFeed', () => {
  it('tells what happens from now on, and asks once how things stand', async () => {
    await feed.refresh(OWN);
    await has(() => signals.length === 2);
    expect(signals).toMatchObject([
      { sessionId: 'ses_before', kind: 'waits', verdict: { reset: { atMs: NEXT_MS } } },
      { sessionId: 'ses_asks', kind: 'asks' },
    ]);
    await feed.refresh(OWN);
    expect(asked).toEqual([
      '/global/event',
      '/session/status?directory=%2Fw%20x',
      '/permission?directory=%2Fw%20x',
    ]);
    tell('message.part.updated', { sessionID: 'ses_1', part: { text: '"session.status"' } });
    tell('session.status', { sessionID: 'ses_1', status: { type: 'busy' } });
    await has(() => signals.length === 3);
    expect(signals[2]).toMatchObject({ sessionId: 'ses_1', kind: 'working', source: 'server' });
  });

  it('comes back to a server that has cut the stream', async () => {
    await feed.refresh(OWN);
    await has(() => streams.length === 1);
    streams[0]?.end();
    await has(() => {
      void feed.refresh(OWN);
      return streams.length === 2;
    });
  });

  it('asks a server that refuses it only once', async () => {
    password = undefined;
    await feed.refresh(OWN);
    await has(() => asked.length === 1);
    await feed.refresh(OWN);
    await feed.refresh(OWN);
    expect(asked).toEqual(['/global/event']);
    expect(signals).toEqual([]);
  });

  it('leaves a server whose process does not listen any more', async () => {
    await feed.refresh(OWN);
    await has(() => streams.length === 1);
    const closed = once(streams[0] ?? server, 'close');
    listening = false;
    await feed.refresh(OWN);
    await closed;
  });
});
