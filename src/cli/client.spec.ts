import { createServer, type RequestListener, type Server } from 'node:http';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from '@jest/globals';
import { toStatus } from './api.js';
import { Client } from './client.js';

describe('Client', () => {
  let server: Server | undefined;

  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  async function serve(listener: RequestListener): Promise<Client> {
    server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Client([{ url: urlOf(server) }]);
  }

  it('asks, leaves out what is undefined, and keeps the answer word by word', async () => {
    const client = await serve(({ url }, response) => response.end(`{ "url":  "${url}" }`));
    const { text, fields } = await client.get('/a', { state: 'a b', limit: undefined });
    expect(text).toBe('{ "url":  "/a?state=a+b" }');
    expect(fields.text('url')).toBe('/a?state=a+b');
  });

  it.each([
    [400, 2],
    [422, 2],
    [404, 1],
    [500, 1],
  ])('tells the detail of a %d, exit code %d', async (status, exitCode) => {
    const client = await serve((_request, response) =>
      response.writeHead(status).end(JSON.stringify({ detail: 'no session "x"' })),
    );
    const refused = client.post('/a');
    await expect(refused).rejects.toMatchObject({ status, exitCode, message: 'no session "x"' });
  });

  it('says which address does not answer and what to do', async () => {
    const client = await serve(() => undefined);
    server?.close();
    const refused = client.get('/a');
    await expect(refused).rejects.toMatchObject({ status: undefined, exitCode: 3 });
    await expect(refused).rejects.toThrow(
      /at http:\/\/127\.0\.0\.1:\d+ \(ECONNREFUSED\).*palingenesis start/,
    );
  });

  it.each(['<html>', '[]', '{}', '{"state":"running","version":1}'])(
    'does not take %s for a status',
    async (body) => {
      const client = await serve((_request, response) => response.end(body));
      const answer = await client.get('/api/v1/status');
      expect(() => toStatus(answer.fields)).toThrow(
        /the answer to GET \/api\/v1\/status.*is this a Palingenesis service/,
      );
    },
  );

  it('follows nobody who sends it elsewhere', async () => {
    const client = await serve((_request, response) =>
      response.writeHead(302, { location: 'http://127.0.0.1:9' }).end(),
    );
    await expect(client.get('/a')).rejects.toMatchObject({ exitCode: 3 });
  });
});

function urlOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return `http://127.0.0.1:${address.port}`;
}
