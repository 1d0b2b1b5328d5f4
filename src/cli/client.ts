import { messageOf } from '../core/errors.js';
import { CommandError, EXIT, type ExitCode } from './command-error.js';
import { Fields } from './fields.js';

const TIMEOUT_MS = 30_000;
/** Statuses by which the service says that what it was asked cannot be right. */
const WRONG_USAGE = new Set([400, 422]);

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

/** Speaks to the service. Every call throws a `ServiceError` that says what the service had to say. */
export class Client {
  constructor(private readonly url: string) {}

  /** Leaves out the parameters that are undefined. */
  get(path: string, query: Readonly<Record<string, string | undefined>> = {}): Promise<Answer> {
    const given = Object.entries(query).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, value]],
    );
    const search = new URLSearchParams(given).toString();
    return this.#ask('GET', search === '' ? path : `${path}?${search}`);
  }

  post(path: string, body: object = {}): Promise<Answer> {
    return this.#ask('POST', path, {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }

  async #ask(method: string, path: string, init: RequestInit = {}): Promise<Answer> {
    const target = new URL(path, this.url);
    try {
      // A redirect could lead off this machine.
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const response = await fetch(target, { ...init, method, signal, redirect: 'error' });
      const answer = new Answer(await response.text(), `the answer of ${target.origin}${path}`);
      if (!response.ok) throw refusal(response.status, answer);
      return answer;
    } catch (error) {
      throw error instanceof CommandError ? error : unreachable(target.origin, error);
    }
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

function refusal(status: number, answer: Answer): ServiceError {
  const exitCode = WRONG_USAGE.has(status) ? EXIT.usage : EXIT.failed;
  return new ServiceError(status, exitCode, answer.fields.maybeText('detail') ?? `the answer was ${status}`);
}

function unreachable(url: string, error: unknown): ServiceError {
  const message =
    `no service answers at ${url} (${reasonOf(error)}): start it with "palingenesis start", ` +
    'or say where it is with --url URL';
  return new ServiceError(undefined, EXIT.unreachable, message, { cause: error });
}

/** `fetch` says only that it failed; why is in the cause. */
function reasonOf(error: unknown): string {
  const cause = Error.isError(error) ? (error.cause ?? error) : error;
  return typeof cause === 'object' && cause !== null && 'code' in cause && typeof cause.code === 'string'
    ? cause.code
    : messageOf(cause);
}
