import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Config } from '../config/config.js';
import type { Episode } from '../core/episode.js';
import { messageOf } from '../core/errors.js';
import { Clock } from '../core/ports/clock.js';
import { EventBus } from '../core/ports/event-bus.js';
import { SessionDirectory } from '../core/ports/session-directory.js';
import type { EpochMs } from '../core/stop.js';
import { EpisodeRepository } from '../store/episode.repository.js';
import { DueTimer } from './due-timer.js';
import { LookAhead } from './look-ahead.js';

const PAGE = 100;

/**
 * Looks at what waits some time before it is due, so that trouble is told while there is time to mend it. Emits
 * `preflight-troubled` where there is some, and parks nothing: that is decided when it is due.
 */
@Injectable()
export class EarlyCheck implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #log = new Logger('Preflight');
  readonly #timer: DueTimer;
  /** What was told of each episode that waits. */
  readonly #told = new Map<string, string>();
  /** All that is due by then has been looked at. */
  #seenUntilMs: EpochMs = 0;
  #work: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
    private readonly bus: EventBus,
    private readonly sessions: SessionDirectory,
    private readonly episodes: EpisodeRepository,
    private readonly lookAhead: LookAhead,
  ) {
    this.#timer = new DueTimer(
      clock,
      () => config.resume.clockCheckS * 1000,
      () => this.#queue(() => this.#lookAtNext()),
    );
  }

  onApplicationBootstrap(): void {
    this.bus.on('episode-changed', ({ episode }) => this.#note(episode));
    this.#queue(async () => {
      await this.sessions.whenReady();
      await this.#lookAtNext();
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopped = true;
    this.#timer.stop();
    await this.#work;
  }

  /** Resolves when everything asked for so far is done. */
  whenIdle(): Promise<void> {
    return this.#work;
  }

  #note(episode: Episode): void {
    const { id, state, dueAtMs } = episode;
    if (state === 'planned' || state === 'gated') return;
    if (state !== 'waiting' || dueAtMs === undefined) return void this.#told.delete(id);
    if (dueAtMs <= this.#seenUntilMs) this.#queue(() => this.#lookAt(episode));
    else this.#queue(() => this.#arm());
  }

  /** One after another: a thousand that are due at once must not look at the disk at once. */
  #queue(task: () => Promise<void>): void {
    this.#work = this.#work
      .then(() => (this.#stopped ? undefined : task()))
      .catch((error: unknown) => this.#log.error(`the look ahead failed: ${messageOf(error)}`));
  }

  async #lookAtNext(): Promise<void> {
    const untilMs = this.clock.nowMs() + this.config.resume.earlyCheckS * 1000;
    let from: Readonly<{ dueAtMs: EpochMs; id: string }> = { dueAtMs: this.#seenUntilMs, id: '' };
    // What is planned meanwhile is looked at by itself.
    this.#seenUntilMs = Math.max(this.#seenUntilMs, untilMs);
    for (;;) {
      const page = await this.episodes.waitsBetween({ from, untilMs, limit: PAGE });
      for (const episode of page) if (!this.#stopped) await this.#lookAt(episode);
      const last = page.at(-1);
      if (last?.dueAtMs === undefined || page.length < PAGE || this.#stopped) break;
      from = { dueAtMs: last.dueAtMs, id: last.id };
    }
    await this.#arm();
  }

  async #arm(): Promise<void> {
    const nextMs = await this.episodes.nextDueAfter(this.#seenUntilMs);
    this.#timer.arm(nextMs === undefined ? undefined : nextMs - this.config.resume.earlyCheckS * 1000);
  }

  async #lookAt({ id }: Episode): Promise<void> {
    const episode = await this.episodes.find(id);
    if (episode?.state !== 'waiting') return;
    const problems = await this.lookAhead.troubles(episode, 'run-program');
    const told = problems.map(({ why }) => why).join('; ');
    if (told === (this.#told.get(id) ?? '')) return;
    this.#told.set(id, told);
    if (problems.length === 0) return;
    this.#log.warn(`${id} session ${episode.sessionId} cannot be resumed as it is: ${told}`);
    this.bus.publish({ type: 'preflight-troubled', episode, problems });
  }
}
