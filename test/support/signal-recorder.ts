import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { parseJsonRecord } from './json-lines.js';
import type { JsonRecord } from './json-lines.js';

export interface Recorded {
  path: string;
  report: JsonRecord;
  /** How many signals the service took from it. */
  signals: unknown;
}

/** Stands between agents and the service: hands their reports on and keeps a copy. */
export class SignalRecorder {
  readonly reports: Recorded[] = [];
  readonly url: string;
  private readonly server: Server;
  private readonly serviceUrl: string;

  private constructor(server: Server, port: number, serviceUrl: string) {
    this.server = server;
    this.serviceUrl = serviceUrl;
    this.url = `http://127.0.0.1:${port}`;
    server.on('request', (request, response) => {
      this.handle(request, response).catch(() => response.destroy());
    });
  }

  static async start(serviceUrl: string): Promise<SignalRecorder> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('The recorder has no port');
    return new SignalRecorder(server, address.port, serviceUrl);
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const answer = await fetch(new URL(request.url ?? '/', this.serviceUrl), {
      method: 'POST',
      headers: { 'content-type': request.headers['content-type'] ?? '' },
      body,
    });
    const told = await answer.text();
    const { signals } = parseJsonRecord(told);
    this.reports.push({ path: request.url ?? '', report: parseJsonRecord(body), signals });
    response.writeHead(answer.status).end(told);
  }
}
