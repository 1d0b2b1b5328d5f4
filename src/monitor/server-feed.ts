import { EventSourceParserStream } from 'eventsource-parser/stream';
import { Logger } from '@nestjs/common';
import { messageOf } from '../core/errors.js';
import type { Agent, AgentServer } from '../core/ports/agent.js';
import type { Clock } from '../core/ports/clock.js';
import type { ProcessHost, ProcessInfo } from '../core/ports/process-host.js';
import type { Signal } from '../core/signal.js';

const MAX_EVENT_CHARS = 4 * 1024 * 1024;
const STATE_TIMEOUT_MS = 5000;

export type ServerFeedOptions = Readonly<{
  agent: Agent;
  server: AgentServer;
  processes: ProcessHost;
  clock: Clock;
  /** The folders of the unfinished turns that a process holds. */
  foldersOf: (pid: number) => readonly string[];
  onSignals: (signals: readonly Signal[]) => void;
}>;

/** Listens to the servers in the processes of an agent, on this machine only. */
export class ServerFeed {
  readonly #log = new Logger('Monitor');
  /** By process and port. A server that refuses us stays, so that it is asked once. */
  readonly #listening = new Map<string, AbortController>();

  constructor(private readonly options: ServerFeedOptions) {}

  /** Takes up servers that are new among these processes and drops those that are gone. */
  async refresh(own: readonly ProcessInfo[]): Promise<void> {
    const found = await Promise.all(own.map(({ pid }) => this.#portsOf(pid)));
    const servers = new Map(found.flat().map((each) => [`${each.pid}:${each.port}`, each]));
    for (const [key, controller] of this.#listening)
      if (!servers.has(key)) {
        controller.abort();
        this.#listening.delete(key);
      }
    for (const [key, { pid, port }] of servers)
      if (!this.#listening.has(key)) this.#take(key, pid, `http://127.0.0.1:${port}`);
  }

  close(): void {
    for (const controller of this.#listening.values()) controller.abort();
    this.#listening.clear();
  }

  async #portsOf(pid: number): Promise<readonly { pid: number; port: number }[]> {
    const ports = await this.options.processes.listeningPorts(pid);
    return ports.map((port) => ({ pid, port }));
  }

  #take(key: string, pid: number, url: string): void {
    const controller = new AbortController();
    this.#listening.set(key, controller);
    void this.#listen(pid, url, controller.signal)
      .catch((error: unknown) => {
        this.#log.debug(`${this.options.agent.id} server ${url} of process ${pid}: ${messageOf(error)}`);
        return 'ended' as const;
      })
      // Where it is still there, the next look takes it up again.
      .then((end) => {
        if (end === 'ended' && this.#listening.get(key) === controller) this.#listening.delete(key);
      });
  }

  async #listen(pid: number, url: string, signal: AbortSignal): Promise<'ended' | 'refused'> {
    const { agent, server } = this.options;
    const headers = this.#headersOf(pid);
    const response = await fetch(`${url}${server.events}`, { headers, signal, redirect: 'error' });
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      this.#log.warn(
        `${agent.id} server ${url} of process ${pid} answers ${response.status}: its events are not read, only its records`,
      );
      return 'refused';
    }
    const events = response.body
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new EventSourceParserStream({ maxBufferSize: MAX_EVENT_CHARS }));
    void this.#askForState(pid, url, headers).catch((error: unknown) =>
      this.#log.debug(`${agent.id} server ${url}: ${messageOf(error)}`),
    );
    for await (const { data } of events) this.#accept(data);
    return 'ended';
  }

  /** What began before we listened. */
  async #askForState(pid: number, url: string, headers: Record<string, string>): Promise<void> {
    const { server, foldersOf } = this.options;
    const paths = foldersOf(pid).flatMap((folder) => server.stateOf(folder));
    for (const path of paths) {
      const signal = AbortSignal.timeout(STATE_TIMEOUT_MS);
      const answer = await fetch(`${url}${path}`, { headers, signal, redirect: 'error' });
      if (answer.ok) this.#accept(await answer.text());
    }
  }

  #headersOf(pid: number): Record<string, string> {
    const { processes, server } = this.options;
    const authorization = server.authorization((name) => processes.envOf(pid, name));
    return authorization === undefined ? {} : { authorization };
  }

  #accept(report: string): void {
    const { agent, clock, onSignals } = this.options;
    const signals = agent.signalsOf(report, clock.nowMs());
    if (signals.length > 0) onSignals(signals);
  }
}
