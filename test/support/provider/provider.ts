import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseJsonRecord } from '../json-lines.js';
import { anthropicProtocol } from './anthropic.protocol.js';
import { chatProtocol } from './chat.protocol.js';
import { geminiProtocol } from './gemini.protocol.js';
import type { Protocol, ProviderRequest, Reply, RequestBody } from './protocol.js';
import { responsesProtocol } from './responses.protocol.js';
import { sideStep } from './side-step.js';
import type { Step } from './step.js';
import { littleUsage } from './usage.js';
import type { Usage } from './usage.js';

const PROTOCOLS: Protocol[] = [anthropicProtocol, responsesProtocol, chatProtocol, geminiProtocol];
/** Both how Anthropic and how OpenAI list none. */
const NO_MODELS = { object: 'list', data: [], models: [], has_more: false };
const EXHAUSTED_STEP: Step = { type: 'ok' };
/** Gemini CLI sees an error in a stream only if it arrives apart from what came before it. */
const APART_MS = 20;

export interface RecordedRequest extends ProviderRequest {
  protocol: string | undefined;
  /** The step that answers it; undefined for side requests and other paths. */
  step: Step['type'] | undefined;
  /** Epoch milliseconds. */
  at: number;
  /** When the answer began; undefined while it is held. */
  answeredAt: number | undefined;
}

/** Plays an LLM provider on loopback from a script, and records what agents ask it. */
export class ScriptedProvider {
  readonly url: string;
  readonly port: number;
  /** Every request, on any path. */
  readonly log: RecordedRequest[] = [];
  /** What good answers and the usage endpoints tell; limits of the script change it only in their own answer. */
  usage: Usage = littleUsage();
  private readonly server: Server;
  private steps: Step[] = [];
  private readonly listeners = new Set<(request: RecordedRequest) => void>();

  private constructor(server: Server, port: number) {
    this.server = server;
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    server.on('request', (request, response) => {
      this.handle(request, response).catch((error: unknown) => response.destroy(asError(error)));
    });
  }

  static async start(port = 0): Promise<ScriptedProvider> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('The provider has no port');
    return new ScriptedProvider(server, address.port);
  }

  /** Replaces the script; when it runs out, every answer is "OK done.". */
  script(steps: Step[]): void {
    this.steps = structuredClone(steps);
  }

  /** The requests that took a step: turns of an agent, without titles and probes. */
  get requests(): RecordedRequest[] {
    return this.log.filter((request) => request.step !== undefined);
  }

  requestsAfter(epochMs: number): RecordedRequest[] {
    return this.requests.filter((request) => request.at > epochMs);
  }

  /** Calls back on every main request as it arrives; returns the way to stop that. */
  onRequest(listener: (request: RecordedRequest) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  nextRequest(timeoutMs = 30_000): Promise<RecordedRequest> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        off();
        reject(new Error(`No request within ${timeoutMs} ms`));
      }, timeoutMs);
      const off = this.onRequest((request) => {
        clearTimeout(timer);
        off();
        resolve(request);
      });
    });
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const at = Date.now();
    const { method = 'GET', headers } = request;
    const path = new URL(request.url ?? '/', this.url).pathname;
    const asked = { method, path, headers, body: parse(await text(request)) };
    const protocol = PROTOCOLS.find((candidate) => method === 'POST' && candidate.matches(path));
    const step = protocol && !protocol.isSide(asked) ? this.takeStep(asked.body) : undefined;
    const record: RecordedRequest = {
      ...{ ...asked, protocol: protocol?.name, step: step?.type, at },
      answeredAt: undefined,
    };
    this.log.push(record);
    if (step) this.listeners.forEach((listener) => listener(record));
    if (!protocol) return sendPassive(path, this.usage, response);
    await this.send(step ?? sideStep(asked.body), protocol, record, response);
  }

  private async send(
    step: Step,
    protocol: Protocol,
    record: RecordedRequest,
    response: ServerResponse,
  ): Promise<void> {
    if (step.delayMs) await sleep(step.delayMs);
    if (step.type === 'hang' && step.afterFrames === undefined) return;
    const reply = protocol.answer(step, record, this.usage);
    record.answeredAt = Date.now();
    response.writeHead(reply.status, reply.headers);
    await writeFrames(reply.frames.slice(0, frameCount(step, reply)), step, response);
    if (step.type === 'cut') response.destroy();
    else if (step.type !== 'hang') response.end();
  }

  private takeStep(body: RequestBody): Step {
    const text = JSON.stringify(body);
    const step = this.steps.find(({ match }) => match === undefined || text.includes(match));
    if (!step) return EXHAUSTED_STEP;
    if (step.times === 'forever') return step;
    step.times = (step.times ?? 1) - 1;
    if (step.times <= 0) this.steps.splice(this.steps.indexOf(step), 1);
    return step;
  }
}

function frameCount(step: Step, { frames }: Reply): number {
  if (step.type === 'cut') return step.afterFrames ?? Math.ceil(frames.length / 2);
  return step.type === 'hang' ? (step.afterFrames ?? 0) : frames.length;
}

async function writeFrames(frames: string[], step: Step, response: ServerResponse): Promise<void> {
  const delayMs = delayOf(step);
  for (const frame of frames) {
    if (response.destroyed) return;
    // The callback tells that the frame has left, so that a cut loses none of those before it.
    await new Promise<void>((resolve) => response.write(frame, () => resolve()));
    if (delayMs) await sleep(delayMs);
  }
}

function delayOf(step: Step): number | undefined {
  if (step.type === 'stream_error') return step.chunkDelayMs ?? APART_MS;
  return 'chunkDelayMs' in step ? step.chunkDelayMs : undefined;
}

function sendPassive(path: string, usage: Usage, response: ServerResponse): void {
  const answers = PROTOCOLS.map((protocol) => protocol.passive(path, usage));
  const body = path.endsWith('/models') ? NO_MODELS : answers.find((answer) => answer !== undefined);
  response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body ?? { error: { type: 'not_found', message: `No such path: ${path}` } }));
}

function parse(body: string): RequestBody {
  try {
    return parseJsonRecord(body);
  } catch {
    return {};
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
