import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { reporterFor } from '../../src/connect/reporter.js';
import { runHook } from '../support/hook-command.js';

const SCRIPT = fileURLToPath(new URL('../../bin/palingenesis-hook.mjs', import.meta.url));
/** What it promises, and what starting it may take while other tests run. */
const LIMIT_MS = 1000 + 1500;
const DONE = { code: 0, output: '' };

let server: Server;
let bodies: string[];
let headers: (string | undefined)[];
let isSilent: boolean;
let url: string;

beforeEach(async () => {
  bodies = [];
  headers = [];
  isSilent = false;
  server = createServer((request, response) => {
    headers.push(request.headers.host);
    void text(request).then((body) => {
      bodies.push(body);
      if (!isSilent) response.writeHead(202).end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  url = `http://127.0.0.1:${address.port}`;
});

afterEach(async () => {
  if (!server.listening) return;
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

const command = (...fields: string[]) =>
  reporterFor('agent', url, { node: process.execPath, script: SCRIPT }).command(fields);
const REPORT = { session_id: 's-1', hook_event_name: 'Stop', reason: 'other', prompt: 'a secret', count: 3 };

describe('the hook program', () => {
  it('hands over what it was told to, and nothing else', async () => {
    expect(await runHook(command('reason', 'count', 'missing'), REPORT)).toMatchObject(DONE);
    expect(bodies.map((body) => JSON.parse(body) as object)).toEqual([
      { session_id: 's-1', hook_event_name: 'Stop', reason: 'other', count: 3 },
    ]);
    expect(headers).toEqual([new URL(url).host]);
  });

  it('says whose it is where it is of a helper', async () => {
    await runHook(command(), { ...REPORT, agent_id: 'a-1' });
    expect(bodies.map((body) => JSON.parse(body) as object)).toEqual([
      { session_id: 's-1', hook_event_name: 'Stop', agent_id: 'a-1' },
    ]);
  });

  it('cuts what is long and drops what is no plain value', async () => {
    const report = { ...REPORT, reason: 'x'.repeat(1_000_000), prompt: { deep: true } };
    expect(await runHook(command('reason', 'prompt'), report)).toMatchObject(DONE);
    expect(bodies[0]?.length).toBeLessThan(2200);
    expect(bodies[0]).not.toContain('deep');
  });

  it.each(['', 'no JSON', '[]', 'null', '{"session_id":'])(
    'is silent by itself when told %j',
    async (words) => {
      const bare = `'${process.execPath}' '${SCRIPT}' '${url}' reason`;
      expect(await runHook(bare, words)).toMatchObject(DONE);
    },
  );

  it('ends well, and at once, when nobody listens', async () => {
    server.close();
    await once(server, 'close');
    const exit = await runHook(command(), REPORT);
    expect(exit).toMatchObject(DONE);
    expect(exit.tookMs).toBeLessThan(LIMIT_MS);
  });

  it('does not wait for a service that does not answer, nor for an end of its input', async () => {
    isSilent = true;
    const exits = [await runHook(command(), REPORT), await runHook(command(), '{', { keepOpen: true })];
    for (const exit of exits) {
      expect(exit).toMatchObject(DONE);
      expect(exit.tookMs).toBeLessThan(LIMIT_MS);
    }
    expect(bodies).toHaveLength(1);
  });

  it('prints nothing, whatever Node is told in the environment, and asks no proxy', async () => {
    const proxy = 'http://127.0.0.1:9';
    const env = { NODE_OPTIONS: '--inspect=0 --trace-exit', HTTP_PROXY: proxy, NODE_USE_ENV_PROXY: '1' };
    expect(await runHook(command(), REPORT, { env })).toMatchObject(DONE);
    expect(bodies).toHaveLength(1);
  });
});
