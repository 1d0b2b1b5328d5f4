import { Injectable, Logger } from '@nestjs/common';
import { Config } from '../config/config.js';
import { accountIdOf, isShared } from '../core/account-id.js';
import type { Account, Admission, Flow } from '../core/account.js';
import type { Episode, EpisodeChange } from '../core/episode.js';
import { messageOf } from '../core/errors.js';
import { Clock } from '../core/ports/clock.js';
import type { Run } from '../core/run.js';
import { iso, type EpochMs } from '../core/stop.js';
import { EpisodeRepository } from '../store/episode.repository.js';
import { PauseRepository } from '../store/pause.repository.js';
import { RunRepository } from '../store/run.repository.js';
import { AccountsService } from './accounts.service.js';
import { DueTimer } from './due-timer.js';
import { EpisodeBook } from './episode-book.js';
import { PolicyGuard } from './policy-guard.js';
import { ResumeAttempt } from './resume-attempt.js';
import { SessionTurns } from './session-turns.js';

/** A resume that is under way, or let go and about to be. */
type UnderWay = Readonly<{ episodeId: string; account: string; isShared: boolean; sinceMs: EpochMs }>;
type Hold = Readonly<{ why: string; untilMs?: EpochMs }>;

/**
 * Lets due episodes go, as many as the host, their accounts and the pause allow; holds the others as `gated`. One timer
 * for all of them: what a wake-up costs depends on what is let go, not on how many wait.
 */
@Injectable()
export class ResumeDispatch {
  readonly #log = new Logger('Dispatch');
  readonly #timer: DueTimer;
  /** Let go, and not yet a stored run. */
  readonly #leaving = new Map<string, UnderWay>();
  #looking: Promise<void> | undefined;
  #lookAgain = false;
  #stopped = false;

  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
    private readonly episodes: EpisodeRepository,
    private readonly runs: RunRepository,
    private readonly pauses: PauseRepository,
    private readonly accounts: AccountsService,
    private readonly book: EpisodeBook,
    private readonly attempt: ResumeAttempt,
    private readonly turns: SessionTurns,
    private readonly guard: PolicyGuard,
  ) {
    this.#timer = new DueTimer(
      clock,
      () => config.resume.clockCheckS * 1000,
      () => this.look(),
    );
  }

  stop(): void {
    this.#stopped = true;
    this.#timer.stop();
  }

  /** Resolves when no look is under way. */
  async whenIdle(): Promise<void> {
    while (this.#looking !== undefined) await this.#looking;
  }

  /** Looks for what may go now, and arms the timer. One look at a time; asked meanwhile, one more follows. */
  look(): void {
    if (this.#stopped) return;
    this.#lookAgain = true;
    this.#looking ??= this.#lookAll().finally(() => (this.#looking = undefined));
  }

  async #lookAll(): Promise<void> {
    while (this.#lookAgain && !this.#stopped) {
      this.#lookAgain = false;
      try {
        await this.#lookOnce();
      } catch (error) {
        this.#log.error(`looking for due episodes failed: ${messageOf(error)}`);
        this.#timer.arm(undefined);
      }
    }
  }

  async #lookOnce(): Promise<void> {
    const isPaused = await this.pauses.isPaused();
    const underWay = await this.#underWay();
    const wakesMs: (EpochMs | undefined)[] = [];
    for (const account of this.accounts.all())
      for (const shared of [false, true])
        wakesMs.push(await this.#letGoOf(account, shared, underWay, isPaused));
    const due = await this.episodes.due(this.clock.nowMs(), this.config.resume.batchSize);
    const held = new Map<Episode, EpisodeChange>();
    for (const episode of due) {
      const hold = await this.#tryToLetGo(episode, underWay, isPaused);
      if (hold !== undefined) held.set(episode, { to: 'gated', why: hold.why });
      wakesMs.push(hold?.untilMs);
    }
    await this.book.changeAll(held);
    this.#arm([...wakesMs, await this.#nextDueMs(due.length, held.size)]);
  }

  /** What is due and was neither let go nor held is being dealt with: its end makes for another look. */
  async #nextDueMs(dueCount: number, heldCount: number): Promise<EpochMs | undefined> {
    const nowMs = this.clock.nowMs();
    if (dueCount < this.config.resume.batchSize) return this.episodes.nextDueMs(nowMs);
    return heldCount > 0 ? nowMs : undefined;
  }

  /** Lets those of an account go that are held already, the longest due first; gives when the next may. */
  async #letGoOf(
    { id }: Account,
    shared: boolean,
    underWay: UnderWay[],
    isPaused: boolean,
  ): Promise<EpochMs | undefined> {
    const limit = this.config.resume.maxConcurrent + 1;
    const held = await this.episodes.ofAccount({ account: id, state: 'gated', isShared: shared, limit });
    for (const episode of held) {
      const hold = await this.#tryToLetGo(episode, underWay, isPaused);
      if (hold === undefined) continue;
      // Of those that are held for the same reason the first one says it for all.
      if (hold.why !== episode.why)
        await this.book.changeAll(new Map([[episode, { to: 'gated', why: hold.why }]]));
      return hold.untilMs;
    }
    return undefined;
  }

  async #tryToLetGo(episode: Episode, underWay: UnderWay[], isPaused: boolean): Promise<Hold | undefined> {
    if (this.#leaving.has(episode.id)) return undefined;
    const { dueAtMs } = episode;
    if (dueAtMs !== undefined && dueAtMs > this.clock.nowMs())
      return { why: `the clock was set back: due ${iso(dueAtMs)}`, untilMs: dueAtMs };
    if (isPaused) {
      this.guard.withheld(episode, 'paused', 'acting is paused');
      return { why: 'paused: nothing is resumed before the service goes on' };
    }
    const { maxConcurrent } = this.config.resume;
    if (underWay.length >= maxConcurrent)
      return { why: `${maxConcurrent} sessions are being resumed (resume.max_concurrent)` };
    const { contract, agent } = episode;
    // Without a contract it is looked at once more and then parked: nothing can be started.
    if (contract === undefined) return this.#letGo(episode, underWay, '', false);
    const account = this.accounts.of({ agent, home: contract.home });
    const answer = this.accounts.ask(account, episode, flowOf(account, underWay));
    if (!answer.admit) return answer;
    await this.accounts.admitted(account, answer);
    return this.#letGo(episode, underWay, account.id, isProbe(answer));
  }

  #letGo(episode: Episode, underWay: UnderWay[], account: string, isCanary: boolean): undefined {
    const { id, sessionId, stop } = episode;
    const one = { episodeId: id, account, isShared: isShared(stop.reason), sinceMs: this.clock.nowMs() };
    underWay.push(one);
    this.#leaving.set(id, one);
    void this.#start(id, sessionId, isCanary);
  }

  /** One that could not even be looked at keeps its place for a while: what failed would only fail again. */
  async #start(id: string, sessionId: string, isCanary: boolean): Promise<void> {
    const start = { isDone: false };
    await this.turns.run(sessionId, async () => {
      await this.attempt.start(id, isCanary);
      start.isDone = true;
    });
    const leave = (): void => {
      this.#leaving.delete(id);
      this.look();
    };
    if (start.isDone) leave();
    else this.clock.after(this.config.resume.clockCheckS * 1000, leave);
  }

  async #underWay(): Promise<UnderWay[]> {
    const running = (await this.runs.open()).filter(({ kind }) => kind === 'resume').map(fromRun);
    const stored = new Set(running.map(({ episodeId }) => episodeId));
    return [...running, ...[...this.#leaving.values()].filter(({ episodeId }) => !stored.has(episodeId))];
  }

  #arm(wakesMs: readonly (EpochMs | undefined)[]): void {
    const all = wakesMs.filter((atMs) => atMs !== undefined);
    this.#timer.arm(all.length === 0 ? undefined : Math.min(...all));
  }
}

function isProbe(answer: Admission): boolean {
  return answer.admit && answer.isProbe;
}

function flowOf({ id, gate }: Account, underWay: readonly UnderWay[]): Flow {
  const ofAccount = underWay.filter(({ account }) => account === id);
  const sinceMs = gate.kind === 'open' ? Infinity : gate.sinceMs;
  return {
    running: ofAccount.length,
    shared: ofAccount.filter((one) => one.isShared && one.sinceMs >= sinceMs).length,
  };
}

function fromRun({ id, episodeId = id, agent, contract, stopReason, startedAtMs }: Run): UnderWay {
  return {
    episodeId,
    account: accountIdOf(agent, contract.home),
    isShared: stopReason !== undefined && isShared(stopReason),
    sinceMs: startedAtMs,
  };
}
