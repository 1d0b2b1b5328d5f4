import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { until } from '../../../test/support/until.js';
import { openCodeHooks } from './opencode.hooks.js';
import { openCodeSignals } from './opencode.signals.js';

const { connection } = openCodeHooks(['/home/ann/.config/opencode']);
const openCode = (url: string) =>
  connection(
    { path: '/home/ann/.config/opencode', realPath: '/home/ann/.config/opencode' },
    { url, command: () => '', isOurs: () => false },
  );

type Event = Readonly<{ type: string; properties: Readonly<Record<string, unknown>> }>;
type Plugin = Readonly<{ event: (input: { event: unknown }) => Promise<void> }>;

describe('the plugin for OpenCode', () => {
  let folder: string;
  let server: Server;
  let reports: unknown[];
  let authorizations: (string | undefined)[];
  let answer = true;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plugin-'));
    reports = [];
    authorizations = [];
    answer = true;
    server = createServer((request, response) => {
      void readAll(request).then((body) => {
        authorizations.push(request.headers.authorization);
        reports.push(JSON.parse(body));
        if (answer) response.writeHead(202).end('{}');
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function load(): Promise<Plugin> {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const [text = ''] = openCode(`http://127.0.0.1:${address.port}/api/v1/signals/opencode`).connect([
      undefined,
    ]);
    const file = join(folder, 'plugin.mjs');
    await writeFile(file, text);
    const { Palingenesis } = (await import(pathToFileURL(file).href)) as {
      Palingenesis: () => Promise<Plugin>;
    };
    return Palingenesis();
  }

  const received = (count: number) =>
    until(async () => (reports.length >= count ? true : undefined), {
      timeoutMs: 5000,
      failure: () => JSON.stringify(reports),
    });

  const event = (type: string, properties: object): Event => ({
    type,
    properties: { sessionID: 'ses_1', ...properties },
  });
  const EVENTS = [
    event('session.status', { status: { type: 'busy' } }),
    event('session.status', {
      status: { type: 'retry', attempt: 1, message: 'usage limit', next: 1795507958645 },
    }),
    event('permission.asked', {
      permission: 'bash',
      metadata: { command: 'a secret' },
      patterns: ['a secret'],
    }),
    event('permission.replied', { requestID: 'per_1', reply: 'once' }),
    event('session.error', {
      error: {
        name: 'APIError',
        data: {
          message: 'Too many requests',
          statusCode: 429,
          isRetryable: true,
          responseHeaders: { 'retry-after': '30', 'set-cookie': 'a secret' },
          responseBody: '{"error":{"type":"rate_limit_error"}}',
        },
      },
    }),
    event('session.status', { status: { type: 'idle' } }),
  ];

  it('hands over, in order, what the signals need and no more', async () => {
    const plugin = await load();
    for (const each of EVENTS) await plugin.event({ event: each });
    await received(EVENTS.length);
    const told = (all: readonly unknown[]) => all.flatMap((report) => openCodeSignals(report, 'UTC', 0));
    expect(told(reports)).toEqual(told(EVENTS).map((signal) => ({ ...signal, source: 'hook' })));
    expect(told(reports).map(({ kind }) => kind)).toEqual([
      'working',
      'waits',
      'asks',
      'working',
      'failed',
      'idle',
    ]);
    expect(JSON.stringify(reports)).not.toContain('secret');
    expect(new Set(authorizations)).toEqual(new Set([undefined]));
  });

  it('says the same once, and nothing of what is none of it', async () => {
    const plugin = await load();
    const [busy, idle] = [EVENTS[0], EVENTS.at(-1)];
    for (const each of [busy, busy, undefined, {}, event('message.updated', {}), busy, idle])
      await plugin.event({ event: each });
    await received(2);
    expect(reports).toMatchObject([{ event: busy }, { event: idle }]);
  });

  it('shows the token it was started with, if any, and puts none in its file', async () => {
    process.env['PALINGENESIS_TOKEN'] = 'a-token\r\nX-Other: 1';
    try {
      const plugin = await load();
      await plugin.event({ event: EVENTS[0] });
      await received(1);
    } finally {
      delete process.env['PALINGENESIS_TOKEN'];
    }
    const [text] = openCode('http://127.0.0.1:1/x').connect([undefined]);
    expect(text).not.toContain('a-token');
    expect(authorizations).toEqual(['Bearer a-tokenX-Other:1']);
  });

  it('waits for nobody, and bears a service that does not answer or is not there', async () => {
    const plugin = await load();
    answer = false;
    await plugin.event({ event: EVENTS[0] });
    await received(1);
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    for (const each of EVENTS) await plugin.event({ event: each });
  });

  it('is a file of its own, which is told from others', () => {
    const connection = openCode('http://127.0.0.1:1/x');
    expect(connection.files).toEqual(['/home/ann/.config/opencode/plugin/palingenesis.js']);
    const [text] = connection.connect([undefined]);
    expect(connection.connect([text])).toEqual([text]);
    expect(openCode('http://127.0.0.1:2/x').connect([text])).not.toEqual([text]);
    expect(connection.disconnect([text])).toEqual([undefined]);
    expect(connection.disconnect(['mine'])).toEqual(['mine']);
    expect(() => connection.connect(['mine'])).toThrow('palingenesis.js: line 1: ');
  });
});
