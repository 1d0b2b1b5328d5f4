import { EventSourceParserStream } from 'eventsource-parser/stream';
import { Logger } from '@nestjs/common';
import { messageOf } from '../core/errors.js';
import type { Agent, AgentServer } from '../core/ports/agent.js';
import type { Clock } from '../core/ports/clock.js';
import type { ProcessHost, ProcessInfo } from '../core/ports/process-host.js';
import type { Signal } from '../core/signal.js';

const MAX_EVENT_CHARS = 4 * 1024 * 1024;

export type ServerFeedOptions = Readonly<{
  agent: Agent;
  server: AgentServer;
  processes: ProcessHost;
  clock: Clock;
  /** How long it may take to answer. */
  timeoutMs: () => number;
  /** The folders of the unfinished turns that a process holds. */
  foldersOf: (pid: number) => readonly string[];
  onSignals: (signals: readonly Signal[]) => void;
}>;

type Place = Readonly<{ pid: number; port: number }>;

/** Listens to the servers in the processes of an agent, on this machine only. */
export class ServerFeed {
  readonly #listeners = new Map<string, Listener>();

  constructor(private readonly options: ServerFeedOptions) {}

  /** Takes up servers that are new among these processes, and drops those that are gone. */
  async refresh(own: readonly ProcessInfo[]): Promise<void> {
    const found = await Promise.all(own.map(({ pid }) => this.#placesOf(pid)));
    const places = new Map(found.flat().map((place) => [`${place.pid}:${place.port}`, place]));
    for (const [key, listener] of this.#listeners)
      if (!places.has(key) || listener.hasEnded) {
        listener.close();
        this.#listeners.delete(key);
      }
    for (const [key, place] of places)
      if (!this.#listeners.has(key)) this.#listeners.set(key, new Listener(place, this.options));
    await Promise.all([...this.#listeners.values()].map((listener) => listener.askForState()));
  }

  close(): void {
    for (const listener of this.#listeners.values()) listener.close();
    this.#listeners.clear();
  }

  async #placesOf(pid: number): Promise<readonly Place[]> {
    const ports = await this.options.processes.listeningPorts(pid);
    return ports.map((port) => ({ pid, port }));
  }
}

/** One connection to one server. A server that refuses us keeps its listener, so that it is asked only once. */
class Listener {
  readonly #log = new Logger('Monitor');
  readonly #closing = new AbortController();
  readonly #asked = new Set<string>();
  readonly #name: string;
  readonly #url: string;
  readonly #headers: Record<string, string>;
  #isListening = false;
  hasEnded = false;

  constructor(
    private readonly place: Place,
    private readonly options: ServerFeedOptions,
  ) {
    const { agent, server, processes } = options;
    this.#url = `http://127.0.0.1:${place.port}`;
    this.#name = `${agent.id} server ${this.#url} of process ${place.pid}`;
    const authorization = server.authorization((name) => processes.envOf(place.pid, name));
    this.#headers = authorization === undefined ? {} : { authorization };
    void this.#listen().catch((error: unknown) => this.#noteEnd(error));
  }

  close(): void {
    this.#closing.abort();
  }

  /** How the sessions of a folder stand that was not asked for yet: their events may have been before our time. */
  async askForState(): Promise<void> {
    if (!this.#isListening) return;
    const folders = this.options.foldersOf(this.place.pid).filter((folder) => !this.#asked.has(folder));
    for (const folder of folders) {
      this.#asked.add(folder);
      for (const path of this.options.server.stateOf(folder)) await this.#ask(path);
    }
  }

  async #listen(): Promise<void> {
    const response = await this.#get(this.options.server.events, this.#closing.signal);
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      this.#log.warn(`${this.#name} answers ${response.status}: its events are not read, only the records`);
      return;
    }
    this.#isListening = true;
    void this.askForState();
    const events = response.body
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new EventSourceParserStream({ maxBufferSize: MAX_EVENT_CHARS }));
    for await (const { data } of events) this.#accept(data);
    this.hasEnded = true;
  }

  #noteEnd(error: unknown): void {
    this.hasEnded = true;
    if (!this.#closing.signal.aborted) this.#log.debug(`${this.#name}: ${messageOf(error)}`);
  }

  async #ask(path: string): Promise<void> {
    try {
      const answer = await this.#get(path, AbortSignal.timeout(this.options.timeoutMs()));
      const text = await answer.text();
      if (answer.ok) this.#accept(text);
    } catch (error) {
      this.#log.debug(`${this.#name}: ${messageOf(error)}`);
    }
  }

  #get(path: string, signal: AbortSignal): Promise<Response> {
    return fetch(`${this.#url}${path}`, { headers: this.#headers, signal, redirect: 'error' });
  }

  #accept(report: string): void {
    const { agent, clock, onSignals } = this.options;
    const signals = agent.signalsOf(report, clock.nowMs());
    if (signals.length > 0) onSignals(signals);
  }
}
