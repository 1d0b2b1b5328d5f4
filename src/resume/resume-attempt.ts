import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import type { Episode, EpisodeChange } from '../core/episode.js';
import { Clock } from '../core/ports/clock.js';
import { SessionDirectory } from '../core/ports/session-directory.js';
import { preflight } from '../core/preflight.js';
import { isHard } from '../core/trouble.js';
import { EpisodeRepository } from '../store/episode.repository.js';
import { RunRepository } from '../store/run.repository.js';
import { EpisodeBook } from './episode-book.js';
import { LookAhead } from './look-ahead.js';
import { PolicyGuard } from './policy-guard.js';
import { policyOf } from './resume-policy.js';
import { StrategyExecutor } from './strategies/strategy-executor.js';

const LET_GO: readonly EpisodeChange[] = [
  { to: 'gated', why: 'it is due' },
  { to: 'preflight', why: 'nothing holds it' },
];

/** Resumes one due episode, once: stored first, then started. */
@Injectable()
export class ResumeAttempt {
  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
    private readonly sessions: SessionDirectory,
    private readonly episodes: EpisodeRepository,
    private readonly runs: RunRepository,
    private readonly book: EpisodeBook,
    private readonly executor: StrategyExecutor,
    private readonly guard: PolicyGuard,
    private readonly lookAhead: LookAhead,
  ) {}

  /** Call in the session's turn only. Does nothing when the episode is not due any more. */
  async start(episodeId: string): Promise<void> {
    const episode = await this.episodes.find(episodeId);
    if (episode?.state !== 'waiting' || (episode.dueAtMs ?? Infinity) > this.clock.nowMs()) return;
    if ((await this.runs.openOf(episode.sessionId)) !== undefined) return this.#afterOwnRun(episode);
    const session = await this.sessions.refresh(episode.sessionId);
    const choice = await this.executor.choose(episode, session, this.guard.wantedStrategy(episode));
    const reachable = choice.strategy?.throughHolder === true;
    const context = {
      ...(await this.book.planContext(episode.sessionId)),
      liveGraceMs: this.config.resume.liveGraceS * 1000,
      nativeGraceMs: this.config.resume.nativeGraceS * 1000,
      reachable,
    };
    const found =
      preflight(episode, session, policyOf(this.config), context) ??
      (reachable ? undefined : await this.#inTheWay(episode));
    if (found !== undefined && found.to !== 'cancelled')
      this.guard.withheld(episode, 'preflight', found.why, found.dueAtMs);
    const instead = found ?? (await this.guard.insteadOfActing(episode));
    if (instead !== undefined) await this.book.changes(episode, [...LET_GO, instead]);
    else if (session !== undefined) await this.executor.execute(episode, session, choice, LET_GO);
  }

  /** What this machine lacks: a full disk may be mended by itself, the rest needs a person. */
  async #inTheWay(episode: Episode): Promise<EpisodeChange | undefined> {
    const hard = (await this.lookAhead.onMachine(episode, 'find-program')).filter(isHard);
    if (hard.length === 0) return undefined;
    const why = hard.map((trouble) => trouble.why).join('; ');
    if (hard.some(({ kind }) => kind !== 'disk_full')) return { to: 'parked', why };
    return { to: 'waiting', why, dueAtMs: this.clock.nowMs() + this.config.resume.backoffMaxS * 1000 };
  }

  /** The run that stopped is ours and still ending: what its end tells comes first. */
  async #afterOwnRun(episode: Episode): Promise<void> {
    const dueAtMs = this.clock.nowMs() + this.config.resume.liveGraceS * 1000;
    await this.book.change(episode, { to: 'waiting', why: 'our own run of it is still ending', dueAtMs });
  }
}
