import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { WebSocketServer, type WebSocket } from 'ws';
import { JsonRpcSocket } from './json-rpc-socket.js';

let dir: string;
let path: string;
let http: Server;
let sockets: WebSocketServer;
let answer: (message: string, socket: WebSocket) => void;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'rpc-'));
  path = join(dir, 'real.sock');
  http = createServer();
  sockets = new WebSocketServer({ server: http });
  sockets.on('connection', (socket) =>
    socket.on('message', (data: Buffer) => answer(data.toString(), socket)),
  );
  await new Promise<void>((resolve) => http.listen(path, resolve));
});
afterEach(async () => {
  for (const client of sockets.clients) client.terminate();
  sockets.close();
  http.close();
  await rm(dir, { recursive: true, force: true });
});

const idOf = (message: string) => (JSON.parse(message) as { id: number }).id;

describe('JsonRpcSocket', () => {
  it('gives each call its own answer, whatever else is told, through a link to the socket', async () => {
    answer = (message, socket) => {
      socket.send('no JSON');
      socket.send('{"method":"news","params":{}}');
      const id = idOf(message);
      setTimeout(() => socket.send(JSON.stringify({ id, result: { id } })), id === 1 ? 50 : 0);
    };
    const link = join(dir, 'link.sock');
    await symlink(path, link);
    const rpc = await JsonRpcSocket.open(link, 2000);
    const answers = await Promise.all([
      rpc.call({ method: 'a', params: {} }),
      rpc.call({ method: 'b', params: {} }),
    ]);
    expect(answers).toEqual([{ id: 1 }, { id: 2 }]);
    rpc.close();
  });

  it('rejects with the words of a refusal', async () => {
    answer = (message, socket) =>
      socket.send(JSON.stringify({ id: idOf(message), error: { code: 1, message: 'no such thread' } }));
    const rpc = await JsonRpcSocket.open(path, 2000);
    await expect(rpc.call({ method: 'look', params: {} })).rejects.toThrow('look: no such thread');
    rpc.close();
  });

  it('rejects what is not answered in time, or not before the connection is closed', async () => {
    answer = () => undefined;
    const rpc = await JsonRpcSocket.open(path, 100);
    await expect(rpc.call({ method: 'look', params: {} })).rejects.toThrow('no answer for 100 ms');
    answer = (_message, socket) => socket.terminate();
    await expect(rpc.call({ method: 'look', params: {} })).rejects.toThrow('closed');
  });

  it('rejects where nobody listens', async () => {
    await expect(JsonRpcSocket.open(join(dir, 'none.sock'), 100)).rejects.toThrow();
    http.close();
  });
});
