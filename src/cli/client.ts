import { request, type IncomingMessage, type RequestOptions } from 'node:http';
import { text as readAll } from 'node:stream/consumers';
import { messageOf } from '../core/errors.js';
import { CommandError, EXIT, type ExitCode } from './command-error.js';
import { Fields } from './fields.js';

const TIMEOUT_MS = 30_000;
/** Lets the service say in its audit that it was the command line. */
const NAMED = { 'user-agent': 'palingenesis-cli' };
/** Statuses by which the service says that what it was asked cannot be right. */
const WRONG_USAGE = new Set([400, 422]);
/** Nobody listens there: somebody may elsewhere, and has not been asked anything yet. */
const NOT_THERE = new Set(['ENOENT', 'ECONNREFUSED', 'EACCES', 'ENOTSOCK']);

/** Where the service may be: at its socket, or at an address, with what proves that one may ask there. */
export type Target = Readonly<{ socketPath: string } | { url: string; token?: string | undefined }>;

/** The service did not do what it was asked. Without a status it could not even be asked. */
export class ServiceError extends CommandError {
  constructor(
    readonly status: number | undefined,
    exitCode: ExitCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(exitCode, message, options);
    this.name = 'ServiceError';
  }
}

type Ask = Readonly<{
  method: string;
  path: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
  signal: AbortSignal;
}>;

/**
 * Speaks to the service at the first of its targets where one listens. Every call throws a `ServiceError` that says
 * what the service had to say.
 */
export class Client {
  constructor(private readonly targets: readonly Target[]) {}

  /** Leaves out the parameters that are undefined. */
  get(path: string, query: Query = {}): Promise<Answer> {
    return this.#answer({ method: 'GET', path: withQuery(path, query), signal: soon() });
  }

  /** `more` are further headers. */
  post(path: string, body: object = {}, more: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const headers = { 'content-type': 'application/json', ...more };
    return this.#answer({ method: 'POST', path, headers, body: JSON.stringify(body), signal: soon() });
  }

  /** The body as it comes, for as long as it comes. */
  async *stream(
    path: string,
    query: Query,
    headers: Readonly<Record<string, string>>,
  ): AsyncGenerator<string> {
    const { signal } = new AbortController();
    const response = await this.#ask({ method: 'GET', path: withQuery(path, query), headers, signal });
    try {
      for await (const chunk of response.setEncoding('utf8')) yield String(chunk);
    } catch (error) {
      throw unreachable('the service', error);
    }
  }

  async #answer(ask: Ask): Promise<Answer> {
    const response = await this.#ask(ask);
    return new Answer(await readAll(response), `the answer to ${ask.method} ${ask.path}`);
  }

  async #ask(ask: Ask): Promise<IncomingMessage> {
    const [last] = this.targets.slice(-1);
    for (const target of this.targets) {
      try {
        return await accepted(await send(target, ask), ask);
      } catch (error) {
        if (error instanceof CommandError) throw error;
        if (target !== last && NOT_THERE.has(codeOf(error) ?? '')) continue;
        throw unreachable(nameOf(target), error);
      }
    }
    throw new Error('a client needs a target');
  }
}

/** What the service said: word by word, and as an object to read from. */
export class Answer {
  constructor(
    readonly text: string,
    private readonly where: string,
  ) {}

  get fields(): Fields {
    return Fields.parse(this.text, this.where);
  }
}

type Query = Readonly<Record<string, string | undefined>>;

function withQuery(path: string, query: Query): string {
  const given = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, value]],
  );
  const search = new URLSearchParams(given).toString();
  return search === '' ? path : `${path}?${search}`;
}

const soon = (): AbortSignal => AbortSignal.timeout(TIMEOUT_MS);

async function send(target: Target, { method, path, headers, body, signal }: Ask): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const options = {
    method,
    signal,
    headers: { ...NAMED, ...headers, ...lengthOf(body), ...authorizationOf(target) },
  };
  const sent = await open(target, path, options);
  sent.once('response', resolve).once('error', reject).end(body);
  return promise;
}

async function open(
  target: Target,
  path: string,
  options: RequestOptions,
): Promise<ReturnType<typeof request>> {
  // Without an agent of its own Node might ask a proxy, which leads off this machine.
  if ('socketPath' in target)
    return request({ ...options, agent: false, socketPath: target.socketPath, path, host: 'localhost' });
  const url = new URL(path, target.url);
  if (url.protocol === 'http:') return request(url, { ...options, agent: false });
  const { request: secureRequest } = await import('node:https');
  return secureRequest(url, options);
}

function lengthOf(body: string | undefined): Record<string, number> {
  return body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
}

function authorizationOf(target: Target): Record<string, string> {
  return 'token' in target && target.token !== undefined ? { authorization: `Bearer ${target.token}` } : {};
}

async function accepted(response: IncomingMessage, { method, path }: Ask): Promise<IncomingMessage> {
  const { statusCode: status = 0 } = response;
  if (status >= 200 && status < 300) return response;
  // A redirect could lead off this machine.
  if (status < 400) throw new Error(`it answers with a redirect, ${status}`);
  const answer = new Answer(await readAll(response), `the answer to ${method} ${path}`);
  const exitCode = WRONG_USAGE.has(status) ? EXIT.usage : EXIT.failed;
  throw new ServiceError(status, exitCode, answer.fields.maybeText('detail') ?? `the answer was ${status}`);
}

function nameOf(target: Target): string {
  return 'socketPath' in target ? target.socketPath : new URL(target.url).origin;
}

function unreachable(where: string, error: unknown): ServiceError {
  const message =
    `no service answers at ${where} (${codeOf(error) ?? messageOf(error)}): start it with "palingenesis start", ` +
    'or say where it is with --url URL';
  return new ServiceError(undefined, EXIT.unreachable, message, { cause: error });
}

function codeOf(error: unknown): string | undefined {
  if (!Error.isError(error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
