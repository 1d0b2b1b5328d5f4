import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { accountIdOf } from '../core/account-id.js';
import {
  afterWindow,
  bindingWindow,
  boundBy,
  holdsBack,
  isItsOwn,
  resetOf,
  type AccountWindow,
} from '../core/account-window.js';
import type { Episode, EpisodeChange } from '../core/episode.js';
import { Clock } from '../core/ports/clock.js';
import { dueAfter } from '../core/resume-plan.js';
import { iso, type EpochMs, type Reset, type Stop } from '../core/stop.js';
import { EpisodeRepository } from '../store/episode.repository.js';
import { AccountsService, type Place, type Worker } from './accounts.service.js';
import { EpisodeBook } from './episode-book.js';
import { policyOf } from './resume-policy.js';

/** Tells an account of a stop, and what waits for that account of the reset it learns by it. */
@Injectable()
export class AccountReplan {
  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
    private readonly episodes: EpisodeRepository,
    private readonly accounts: AccountsService,
    private readonly book: EpisodeBook,
  ) {}

  /** `startedAtMs`: when our resume began that was stopped so. */
  async refused(worker: Worker, stop: Stop, startedAtMs?: EpochMs): Promise<void> {
    const learnt = await this.accounts.refused(worker, stop, startedAtMs);
    if (learnt !== undefined) await this.#replan(worker.place, (episode) => this.#later(episode, learnt));
  }

  /** A resume of ours shows new work: whatever waits for a limit that has lifted, as that shows, need not any more. */
  async worked(worker: Worker, startedAtMs: EpochMs): Promise<void> {
    const lifted = await this.accounts.worked(worker, startedAtMs);
    await this.#lifted(worker.place, lifted, () => undefined);
  }

  /**
   * Somebody else's session works. It may have credentials of its own: what met the limit waits for its reset as before,
   * the others do not wait for it any more.
   */
  async workedElsewhere(worker: Worker, workMs: EpochMs): Promise<void> {
    const lifted = await this.accounts.workedElsewhere(worker, workMs);
    await this.#lifted(worker.place, lifted, resetOf);
  }

  /** `ownReset`: what a session that was stopped by a window that has lifted still waits for. */
  async #lifted(
    place: Place,
    lifted: readonly AccountWindow[],
    ownReset: (window: AccountWindow) => Reset | undefined,
  ): Promise<void> {
    if (lifted.length === 0) return;
    await this.#replan(place, (episode) => {
      if (!lifted.some((window) => holdsBack(window, episode))) return undefined;
      const own = lifted.find((window) => isItsOwn(window, episode));
      return this.#sooner(episode, own === undefined ? episode.stop.reset : ownReset(own));
    });
  }

  /** What a new window holds back: its own sessions wait for it however it differs, the others where it lifts later. */
  #later(episode: Episode, learnt: AccountWindow): EpisodeChange | undefined {
    const window = holdsBack(learnt, episode) ? this.#bindingFor(episode) : undefined;
    if (window === undefined) return undefined;
    const change = afterWindow(window, policyOf(this.config));
    const isLater = (change.dueAtMs ?? 0) > (episode.dueAtMs ?? 0);
    return isItsOwn(learnt, episode) || isLater ? change : undefined;
  }

  #sooner(episode: Episode, reset: Reset | undefined): EpisodeChange {
    const policy = policyOf(this.config);
    const nowMs = this.clock.nowMs();
    const dueAtMs = reset === undefined ? nowMs : Math.max(nowMs, dueAfter(reset, policy));
    const why = `a session of the account works: a limit has lifted, due ${iso(dueAtMs)}`;
    return boundBy(this.#bindingFor(episode), { to: 'waiting', why, dueAtMs }, policy);
  }

  #bindingFor(episode: Episode): AccountWindow | undefined {
    const { agent, contract } = episode;
    if (contract === undefined) return undefined;
    const { windows } = this.accounts.of({ agent, home: contract.home });
    return bindingWindow(windows, episode, this.clock.nowMs());
  }

  /** One pass over what waits for the account, a batch per transaction. What a person wants resumed now stays. */
  async #replan(
    { agent, home }: Place,
    changeOf: (episode: Episode) => EpisodeChange | undefined,
  ): Promise<void> {
    const ids = await this.episodes.pendingIds(accountIdOf(agent, home));
    const { batchSize } = this.config.resume;
    for (let from = 0; from < ids.length; from += batchSize) {
      const batch = await this.episodes.byIds(ids.slice(from, from + batchSize));
      const changes = batch.filter(isMovable).flatMap((episode) => {
        const change = changeOf(episode);
        return change === undefined || change.dueAtMs === episode.dueAtMs ? [] : [[episode, change] as const];
      });
      await this.book.changeAll(new Map(changes));
    }
  }
}

function isMovable({ state, asked }: Episode): boolean {
  return (state === 'waiting' || state === 'gated') && asked === undefined;
}
