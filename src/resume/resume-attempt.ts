import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import type { Episode, EpisodeChange } from '../core/episode.js';
import { hasCode, messageOf } from '../core/errors.js';
import { AccountProbe } from '../core/ports/account-probe.js';
import { Clock } from '../core/ports/clock.js';
import type { LeaseAnswer } from '../core/ports/leases.js';
import { SessionDirectory } from '../core/ports/session-directory.js';
import { preflight } from '../core/preflight.js';
import { iso, type Stop } from '../core/stop.js';
import { isHard } from '../core/trouble.js';
import { EpisodeRepository } from '../store/episode.repository.js';
import { RunRepository } from '../store/run.repository.js';
import { AccountReplan } from './account-replan.js';
import { EpisodeBook } from './episode-book.js';
import { LeaseKeeper } from './lease-keeper.js';
import { LookAhead } from './look-ahead.js';
import { PolicyGuard } from './policy-guard.js';
import { policyOf } from './resume-policy.js';
import { StrategyExecutor } from './strategies/strategy-executor.js';

/** Resumes one due episode, once: reserved first, looked at once more, stored, then started. */
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
    private readonly leases: LeaseKeeper,
    private readonly probe: AccountProbe,
    private readonly accounts: AccountReplan,
  ) {}

  /**
   * Call in the session's turn only. Does nothing when the episode is not due any more. `isCanary`: the first of its
   * account after a limit, so that the account may be asked before.
   */
  async start(episodeId: string, isCanary = false): Promise<void> {
    const episode = await this.episodes.find(episodeId);
    if (episode === undefined || !isDue(episode, this.clock.nowMs())) return;
    const { contract, sessionId } = episode;
    if ((await this.runs.openOf(sessionId)) !== undefined) return this.#afterOwnRun(episode);
    if (isCanary && (await this.#isStillRefused(episode))) return;
    if (contract === undefined) return this.#look(episode);
    const answer = await this.leases.take(contract.home, sessionId);
    if (answer.kind !== 'taken') return this.#notReserved(episode, answer);
    try {
      await this.#look(episode);
    } finally {
      if (!(await this.runs.isUnderWay(episodeId))) await this.leases.drop(sessionId);
    }
  }

  /** The run that stopped is ours and still ending: what its end tells comes first. */
  async #afterOwnRun(episode: Episode): Promise<void> {
    const dueAtMs = this.clock.nowMs() + this.config.resume.liveGraceS * 1000;
    await this.book.change(episode, { to: 'waiting', why: 'our own run of it is still ending', dueAtMs });
  }

  /** Asks the account itself, where that costs nothing, before a session is sent into its limit. */
  async #isStillRefused({ agent, contract, stop }: Episode): Promise<boolean> {
    if (contract === undefined) return false;
    const answer = await this.probe.probe(agent, contract.home);
    if (answer === undefined || answer === 'allowed' || answer.resetAtMs <= this.clock.nowMs()) return false;
    const reset = { atMs: answer.resetAtMs, source: 'structured', raw: iso(answer.resetAtMs) } as const;
    const refused: Stop = { ...stop, reset };
    const worker = { place: { agent, home: contract.home }, model: contract.model };
    await this.accounts.refused(worker, refused, this.clock.nowMs());
    return true;
  }

  async #notReserved(episode: Episode, answer: Exclude<LeaseAnswer, { kind: 'taken' }>): Promise<void> {
    await this.book.changes(episode, [...letGo(episode), this.#unreserved(answer)]);
  }

  #unreserved(answer: Exclude<LeaseAnswer, { kind: 'taken' }>): EpisodeChange {
    if (answer.kind === 'unavailable')
      return {
        to: 'parked',
        why: `the session cannot be reserved, so another service might resume it, too: ${answer.why}`,
      };
    const dueAtMs = Math.max(answer.untilMs, this.clock.nowMs() + 1000);
    return { to: 'waiting', why: 'another service is resuming this session', dueAtMs };
  }

  /** The last look; what stands against a resume is decided on what it shows. */
  async #look(episode: Episode): Promise<void> {
    const session = await this.sessions.refresh(episode.sessionId);
    const choice = await this.executor.choose(episode, session, episode.asked?.strategy);
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
    const via = letGo(episode);
    const instead = found ?? (await this.guard.insteadOfActing(episode));
    if (instead !== undefined) return void (await this.book.changes(episode, [...via, instead]));
    if (session === undefined) return;
    try {
      await this.executor.execute(episode, session, choice, via);
    } catch (error) {
      if (!hasCode(error, 'already-resumed')) throw error;
      await this.book.changes(episode, [...via, { to: 'parked', why: messageOf(error) }]);
    }
  }

  /** What this machine lacks: a full disk may be mended by itself, the rest needs a person. */
  async #inTheWay(episode: Episode): Promise<EpisodeChange | undefined> {
    const hard = (await this.lookAhead.onMachine(episode, 'find-program')).filter(isHard);
    if (hard.length === 0) return undefined;
    const why = hard.map((trouble) => trouble.why).join('; ');
    if (hard.some(({ kind }) => kind !== 'disk_full')) return { to: 'parked', why };
    return { to: 'waiting', why, dueAtMs: this.clock.nowMs() + this.config.resume.backoffMaxS * 1000 };
  }
}

function isDue({ state, dueAtMs = Infinity }: Episode, nowMs: number): boolean {
  return (state === 'waiting' || state === 'gated') && dueAtMs <= nowMs;
}

/** The steps from the wait to the last look. */
function letGo({ state }: Episode): readonly EpisodeChange[] {
  const checked = { to: 'preflight', why: 'nothing holds it' } as const;
  return state === 'gated' ? [checked] : [{ to: 'gated', why: 'it is due' }, checked];
}
