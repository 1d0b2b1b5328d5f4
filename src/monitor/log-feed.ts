import { dirname } from 'node:path';
import type { Agent } from '../core/ports/agent.js';
import type { Clock } from '../core/ports/clock.js';
import type { Signal } from '../core/signal.js';
import { FolderWatch } from '../platform/folder-watch.js';
import { LineTail, type TailOptions } from '../platform/line-tail.js';
import { Mailboxes } from './mailboxes.js';

/** All sessions of a home share one log, and say much in it, before the last of them has waited long enough. */
const TAIL_GROWTH = 64;

/** Follows the log of an agent for what its records do not say. */
export class LogFeed {
  readonly #watch: FolderWatch;
  readonly #options: TailOptions;
  #tail: LineTail;
  /** However often it is written to meanwhile, it is read once more. */
  readonly #reads = new Mailboxes(1);

  constructor(
    private readonly agent: Agent,
    private readonly path: string,
    options: TailOptions,
    private readonly clock: Clock,
    private readonly onSignals: (signals: readonly Signal[]) => void,
  ) {
    this.#options = { ...options, tailBytes: options.tailBytes * TAIL_GROWTH };
    this.#tail = new LineTail(path, this.#options);
    this.#watch = new FolderWatch(dirname(path), {
      depth: 0,
      onFile: (changed) => changed === path && void this.read(),
    });
  }

  /** Reads what is new; at first the end of what is there. */
  read(): Promise<void> {
    return this.#reads.post(this.path, () => this.#read());
  }

  async start(): Promise<void> {
    await this.#watch.scan();
    await this.read();
  }

  close(): void {
    this.#watch.close();
  }

  async #read(): Promise<void> {
    const found = await this.#tail.read((line) => this.#accept(line));
    if (found.kind !== 'read' || !found.restarted) return;
    this.#tail = new LineTail(this.path, this.#options);
    await this.#tail.read((line) => this.#accept(line));
  }

  #accept(line: string): void {
    const signals = this.agent.signalsOf(line, this.clock.nowMs());
    if (signals.length > 0) this.onSignals(signals);
  }
}
