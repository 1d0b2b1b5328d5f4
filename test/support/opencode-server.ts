import { createServer } from 'node:net';
import { startAgent } from './agent-process.js';
import type { AgentRun } from './agent-process.js';
import { isJsonRecord } from './json-lines.js';
import type { JsonRecord } from './json-lines.js';
import type { OpenCodeHome } from './opencode-home.js';
import { until } from './until.js';

const TIMEOUT_MS = 30_000;
/** While it starts it may take a connection and never answer. */
const ASK_MS = 1000;

/** A real `opencode serve`, through which a client works in a folder. */
export class OpenCodeServer {
  private constructor(
    private readonly url: string,
    private readonly run: AgentRun,
  ) {}

  static async start(home: OpenCodeHome, binary: string): Promise<OpenCodeServer> {
    const port = await freePort();
    const run = startAgent(home, binary, ['serve', '--port', String(port)]);
    const server = new OpenCodeServer(`http://127.0.0.1:${port}`, run);
    const check = async () => ((await server.isHealthy()) ? true : undefined);
    await until(check, { timeoutMs: TIMEOUT_MS, failure: () => 'opencode serve does not answer' });
    return server;
  }

  get pid(): number {
    return this.run.pid;
  }

  /** Ends it without a word. */
  async kill(): Promise<void> {
    this.run.signal('SIGKILL');
    await this.run.exit;
  }

  /** Starts a session in a folder with a prompt; returns its id. */
  async prompt(cwd: string, text: string): Promise<string> {
    const session = await this.post('/session', cwd, {});
    const id = isJsonRecord(session) ? String(session['id']) : '';
    await this.post(`/session/${id}/prompt_async`, cwd, { parts: [{ type: 'text', text }] });
    return id;
  }

  /** What Esc does in its terminal. */
  async abort(cwd: string, id: string): Promise<void> {
    await this.post(`/session/${id}/abort`, cwd, {});
  }

  /** The only call that waits for a permission, as soon as there is one. */
  async untilAsked(cwd: string): Promise<string> {
    const check = async () => {
      const [asked] = (await this.request('/permission', cwd, {})) as JsonRecord[];
      return asked === undefined ? undefined : String(asked['id']);
    };
    return until(check, { timeoutMs: TIMEOUT_MS, failure: () => 'No permission was asked for' });
  }

  /** No session of the folder works, or waits for its next try. */
  async untilAtRest(cwd: string): Promise<void> {
    const check = async () => (isEmpty(await this.request('/session/status', cwd, {})) ? true : undefined);
    await until(check, { timeoutMs: TIMEOUT_MS, failure: () => 'It works on' });
  }

  async reply(cwd: string, permission: string, reply: 'once' | 'reject'): Promise<void> {
    await this.post(`/permission/${permission}/reply`, cwd, { reply });
  }

  private post(path: string, cwd: string, body: object): Promise<unknown> {
    const headers = { 'content-type': 'application/json' };
    return this.request(path, cwd, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  private async request(path: string, cwd: string, init: RequestInit): Promise<unknown> {
    const url = `${this.url}${path}?directory=${encodeURIComponent(cwd)}`;
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), ...init });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  private async isHealthy(): Promise<boolean> {
    return fetch(`${this.url}/global/health`, { signal: AbortSignal.timeout(ASK_MS) }).then(
      ({ ok }) => ok,
      () => false,
    );
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  if (address === null || typeof address === 'string') throw new Error('There is no free port');
  return address.port;
}

function isEmpty(answer: unknown): boolean {
  return isJsonRecord(answer) && Object.keys(answer).length === 0;
}
