import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { WebSocketServer } from 'ws';
import { testConfig } from '../../test/support/test-config.js';
import type { AgentCatalog } from '../agents/agent-catalog.js';
import { CodexAdapter } from '../agents/codex/codex.adapter.js';
import { DaemonProbe } from './daemon-probe.js';

const RESET_S = 1_800_000_000;
const window = (usedPercent: number, resetsAt: number) => ({ usedPercent, resetsAt });

let home: string;
let http: Server | undefined;
let sockets: WebSocketServer;
let asked: string[];
let answer: object;

/** What the daemon of Codex 0.169.0 says of a ChatGPT login. */
async function startDaemon(): Promise<void> {
  const path = join(home, 'app-server-control', 'app-server-control.sock');
  await mkdir(dirname(path), { recursive: true });
  http = createServer();
  sockets = new WebSocketServer({ server: http });
  sockets.on('connection', (socket) =>
    socket.on('message', (data: Buffer) => {
      const { id, method } = JSON.parse(data.toString()) as { id?: number; method: string };
      asked.push(method);
      const reply = method === 'account/rateLimits/read' ? answer : { result: {} };
      if (id !== undefined) socket.send(JSON.stringify({ id, ...reply }));
    }),
  );
  await new Promise<void>((resolve) => http?.listen(path, resolve));
}

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'probe-'));
  [asked, http] = [[], undefined];
});
afterEach(async () => {
  if (http !== undefined) {
    for (const client of sockets.clients) client.terminate();
    sockets.close();
    http.close();
  }
  await rm(home, { recursive: true, force: true });
});

function ask(agent = 'codex'): ReturnType<DaemonProbe['probe']> {
  const config = testConfig(home);
  const catalog = { get: () => new CodexAdapter(config) } as unknown as AgentCatalog;
  return new DaemonProbe(config, catalog).probe(agent, home);
}

describe('DaemonProbe', () => {
  it.each([
    ['usage that is allowed', { ordinaryUsageAllowed: true, rateLimits: {} }, 'allowed'],
    [
      'the last reset of the windows that are full',
      {
        ordinaryUsageAllowed: false,
        rateLimits: { primary: window(100, RESET_S), secondary: window(100, RESET_S + 60) },
      },
      { resetAtMs: (RESET_S + 60) * 1000 },
    ],
    [
      'no reset of a window that is not full',
      {
        ordinaryUsageAllowed: false,
        rateLimits: { primary: window(100, RESET_S), secondary: window(40, RESET_S + 60) },
      },
      { resetAtMs: RESET_S * 1000 },
    ],
    ['nothing of what it does not know', { rateLimits: null }, undefined],
  ])('tells %s', async (_name, result, expected) => {
    answer = { result };
    await startDaemon();
    expect(await ask()).toEqual(expected);
    expect(asked).toEqual(['initialize', 'initialized', 'account/rateLimits/read']);
  });

  it('tells nothing where the daemon refuses to, or none runs', async () => {
    expect(await ask()).toBeUndefined();
    answer = { error: { code: -32600, message: 'authentication required' } };
    await startDaemon();
    expect(await ask()).toBeUndefined();
  });
});
