import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Undeliverable } from '../../src/core/ports/channel.js';
import type { Notification } from '../../src/core/notification.js';
import { WebhookChannel } from '../../src/notify/channels/webhook/webhook.channel.js';
import { NOON } from '../support/an-episode.js';
import { testConfig } from '../support/test-config.js';

const NOTE: Notification = {
  id: 'parked/ep-1/3',
  kind: 'parked',
  atMs: NOON,
  title: 'claude-code: a session needs you (auth)',
  text: 'log in again',
  agent: 'claude-code',
  sessionId: 'session-1',
  reason: 'auth',
  episodeId: 'ep-1',
  cwd: '/project',
};

let server: Server;
let status: number | 'never';
let url: string;
const received: { path: string | undefined; headers: IncomingHttpHeaders; body: unknown }[] = [];

beforeEach(async () => {
  received.length = 0;
  status = 204;
  server = createServer((request, response) => {
    void json(request).then((body) => {
      received.push({ path: request.url, headers: request.headers, body });
      if (status !== 'never') response.writeHead(status, { location: '/elsewhere' }).end('secret words');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook/s3cret`;
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

const channel = (address = url) =>
  new WebhookChannel(testConfig('/nowhere', `--notify.webhook.url=${address}`));
const send = (signal = new AbortController().signal) => channel().notify(NOTE, signal);
/** What it says went wrong. */
const failure = (): Promise<Error> =>
  send().then(
    () => {
      throw new Error('nothing went wrong');
    },
    (error: Error) => error,
  );

describe('the webhook', () => {
  it('is set up by its address', () => {
    expect(channel().isSetUp()).toBe(true);
    expect(channel('').isSetUp()).toBe(false);
  });

  it('posts the note as JSON', async () => {
    await send();
    expect(received).toMatchObject([
      { path: '/hook/s3cret', headers: { 'content-type': 'application/json', 'idempotency-key': NOTE.id } },
    ]);
    expect(received[0]?.body).toEqual({
      text: 'claude-code: a session needs you (auth)\nlog in again',
      id: 'parked/ep-1/3',
      kind: 'parked',
      at: '2026-11-22T12:00:00.000Z',
      title: 'claude-code: a session needs you (auth)',
      detail: 'log in again',
      agent: 'claude-code',
      session_id: 'session-1',
      reason: 'auth',
      episode_id: 'ep-1',
      cwd: '/project',
    });
  });

  it.each([500, 503, 429, 408])('may be asked again after %i', async (answer) => {
    status = answer;
    const error = await failure();
    expect(error).not.toBeInstanceOf(Undeliverable);
    expect(error.message).toBe(`it answers ${answer}`);
  });

  it.each([400, 401, 404, 302])('will not take it after %i, and goes nowhere else', async (answer) => {
    status = answer;
    expect(await failure()).toBeInstanceOf(Undeliverable);
    expect(received).toHaveLength(1);
  });

  it('ends when it is told to', async () => {
    status = 'never';
    const time = new AbortController();
    const sent = send(time.signal);
    time.abort(new Error('time is up'));
    await expect(sent).rejects.toThrow();
  });

  it('never names its address', async () => {
    const { port } = server.address() as AddressInfo;
    const errors = [
      await channel(`http://127.0.0.1:${port + 1}/s3cret`)
        .notify(NOTE, AbortSignal.timeout(2000))
        .catch(String),
    ];
    status = 404;
    errors.push(String(await failure()));
    expect(errors.join()).not.toContain('s3cret');
  });
});
