import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from './until.js';

const REPO = new URL('../../', import.meta.url);
const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 15_000;

export interface ServiceOptions {
  /** The complete environment, as of a Claude home: the agents that the service starts inherit it. */
  env: Record<string, string>;
  stateDir: string;
  /** The Claude configuration folder or folders to watch. */
  home?: string | string[];
  /** The program that resumes sessions. */
  command?: string;
  /** More settings, as `section.key` and value. */
  settings?: Record<string, string>;
  /** The script to run; the built service by default. */
  main?: string;
  startTimeoutMs?: number;
}

/** The service as a process of its own. */
export class ServiceProcess {
  url = '';
  readonly pid: number;
  private readonly child: ChildProcess;
  private text = '';

  constructor(child: ChildProcess) {
    if (child.pid === undefined) throw new Error('The service could not be started');
    this.pid = child.pid;
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => (this.text += chunk));
    }
  }

  /** Everything it has printed so far. */
  output(): string {
    return this.text;
  }

  get(path: string): Promise<unknown> {
    return this.request(path, {});
  }

  post(path: string, body: object = {}): Promise<unknown> {
    const headers = { 'content-type': 'application/json' };
    return this.request(path, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  /** Asks a path until its answer is as wanted, and returns that answer. */
  async until<T>(path: string, predicate: (answer: unknown) => answer is T, timeoutMs?: number): Promise<T>;
  async until(path: string, predicate: (answer: unknown) => boolean, timeoutMs?: number): Promise<unknown>;
  async until(path: string, predicate: (answer: unknown) => boolean, timeoutMs = 30_000): Promise<unknown> {
    let last: unknown;
    const check = async () => {
      this.assertRunning();
      // What is asked for may not be there yet.
      last = await this.get(path).catch((error: unknown) => error);
      return !Error.isError(last) && predicate(last) ? { last } : undefined;
    };
    const failure = () => {
      const seen = Error.isError(last) ? last.message : JSON.stringify(last);
      return `GET ${path} was not as wanted within ${timeoutMs} ms: ${seen}\n${this.text}`;
    };
    await until(check, { timeoutMs, failure });
    return last;
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    return this.end(signal);
  }

  /** Asks it to end, and makes it if it does not. */
  async stop(): Promise<void> {
    const timer = setTimeout(() => this.child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await this.end('SIGTERM');
    clearTimeout(timer);
  }

  async untilListening(timeoutMs: number): Promise<void> {
    const check = async () => {
      const url = /API at (http:\/\/127\.0\.0\.1:\d+)/.exec(this.text)?.[1];
      if (url === undefined) this.assertRunning();
      return url;
    };
    const failure = () => `The service did not listen within ${timeoutMs} ms. It said:\n${this.text}`;
    this.url = await until(check, { timeoutMs, failure });
  }

  /** The exit code, once it has ended by itself. */
  get exitCode(): number | null {
    return this.child.exitCode;
  }

  private async request(path: string, init: RequestInit): Promise<unknown> {
    const response = await fetch(new URL(path, this.url), init);
    const text = await response.text();
    if (!response.ok) throw new Error(`${init.method ?? 'GET'} ${path}: ${response.status} ${text}`);
    const json = response.headers.get('content-type')?.includes('json') ?? false;
    return json ? JSON.parse(text) : text;
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    if (!this.isRunning()) return;
    const exit = once(this.child, 'exit');
    this.child.kill(signal);
    await exit;
  }

  private isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  private assertRunning(): void {
    if (this.isRunning()) return;
    const how = this.child.signalCode ?? `code ${this.child.exitCode}`;
    throw new Error(`The service ended with ${how}. It said:\n${this.text}`);
  }
}

export async function startService(options: ServiceOptions): Promise<ServiceProcess> {
  const main = options.main ?? fileURLToPath(new URL('dist/main.js', REPO));
  const child = spawn(process.execPath, ['--max-semi-space-size=2', main, ...flags(options)], {
    env: options.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const service = new ServiceProcess(child);
  try {
    await service.untilListening(options.startTimeoutMs ?? START_TIMEOUT_MS);
  } catch (error) {
    await service.kill();
    throw error;
  }
  return service;
}

function flags({ stateDir, home, command, settings }: ServiceOptions): string[] {
  const homes = typeof home === 'string' ? [home] : home;
  const all = {
    'http.port': '0',
    'state.dir': stateDir,
    ...(homes ? { 'agents.claude-code.home': homes.join(delimiter) } : {}),
    ...(command ? { 'agents.claude-code.command': command } : {}),
    ...settings,
  };
  return Object.entries(all).map(([key, value]) => `--${key}=${value}`);
}
