import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { accountIdOf } from '../core/account-id.js';
import { resetOf, type AccountWindow } from '../core/account.js';
import type { Episode, EpisodeChange } from '../core/episode.js';
import { dueAfter } from '../core/resume-plan.js';
import { iso, type Stop } from '../core/stop.js';
import { EpisodeRepository } from '../store/episode.repository.js';
import { AccountsService } from './accounts.service.js';
import { EpisodeBook } from './episode-book.js';
import { policyOf } from './resume-policy.js';

type Place = Readonly<{ agent: string; home: string }>;

/** Tells an account of a stop, and what waits for that account of the reset it learns by it. */
@Injectable()
export class AccountReplan {
  constructor(
    private readonly config: Config,
    private readonly episodes: EpisodeRepository,
    private readonly accounts: AccountsService,
    private readonly book: EpisodeBook,
  ) {}

  /** `startedAtMs`: when our resume began that was stopped so. */
  async refused(place: Place, stop: Stop, startedAtMs?: number): Promise<void> {
    const window = await this.accounts.refused(place, stop, startedAtMs);
    if (window !== undefined) await this.#replan(place, window);
  }

  /** One pass over what waits for the account, a batch per transaction. */
  async #replan({ agent, home }: Place, window: AccountWindow): Promise<void> {
    const change = moveTo(window, dueAfter(resetOf(window), policyOf(this.config)));
    const ids = await this.episodes.pendingIds(accountIdOf(agent, home));
    const { batchSize } = this.config.resume;
    for (let from = 0; from < ids.length; from += batchSize) {
      const batch = await this.episodes.byIds(ids.slice(from, from + batchSize));
      const moved = batch.filter((one) => waitsFor(window, one) && one.dueAtMs !== change.dueAtMs);
      await this.book.changeAll(new Map(moved.map((episode) => [episode, change])));
    }
  }
}

function moveTo({ kind, resetsAtMs }: AccountWindow, dueAtMs: number): EpisodeChange {
  const why = `the account's ${kind} limit lifts at ${iso(resetsAtMs)}, due ${iso(dueAtMs)}`;
  return { to: 'waiting', why, dueAtMs };
}

function waitsFor({ kind }: AccountWindow, { stop, state }: Episode): boolean {
  return (state === 'waiting' || state === 'gated') && (stop.window ?? stop.reason) === kind;
}
