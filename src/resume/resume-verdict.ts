import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import type { Episode } from '../core/episode.js';
import { Clock } from '../core/ports/clock.js';
import type { Run, RunOutcome } from '../core/run.js';
import type { SessionSnapshot } from '../core/session.js';
import type { Stop } from '../core/stop.js';
import { afterSuccessor, successorOf } from '../core/successor.js';
import { prove, timeSavedMs, type Proof } from '../core/verify.js';
import { EpisodeRepository } from '../store/episode.repository.js';
import { AccountReplan } from './account-replan.js';
import type { Worker } from './accounts.service.js';
import { EpisodeBook } from './episode-book.js';
import { LeaseKeeper } from './lease-keeper.js';
import { ResumeSpans } from './resume-spans.js';
import { breachIn, hasProgressed } from './run-judgement.js';

type Ended = Readonly<{ run: Run; session: SessionSnapshot | undefined }>;

/** Judges resumes by what their sessions show, and tells the account what each has met. */
@Injectable()
export class ResumeVerdict {
  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
    private readonly episodes: EpisodeRepository,
    private readonly book: EpisodeBook,
    private readonly spans: ResumeSpans,
    private readonly replan: AccountReplan,
    private readonly leases: LeaseKeeper,
  ) {}

  /** The resume shows whether it works; what one session of an account shows to work, the others may do, too. */
  async verifying(episode: Episode, run: Run, why: string, progressed: boolean): Promise<Episode> {
    const successor = successorOf(episode, run);
    const verifying = await this.book.change(episode, { to: 'verifying', why, successor });
    if (progressed) await this.replan.worked(workerOf(run), run.startedAtMs);
    return verifying;
  }

  /** Judges a resume that has ended. True when the stop it ended with, if any, is one of its own: its episode is over. */
  async judge(
    run: Run,
    outcome: RunOutcome,
    session: SessionSnapshot | undefined,
    stop: Stop | undefined,
  ): Promise<boolean> {
    const found = run.episodeId === undefined ? undefined : await this.episodes.find(run.episodeId);
    if (found?.state !== 'resuming' && found?.state !== 'verifying') return false;
    const startMs = this.clock.nowMs();
    const progressed = found.state === 'verifying' || hasProgressed(run, session);
    const proof = prove(outcome, progressed, stop, breachIn(run, session));
    const episode =
      found.state === 'verifying' ? found : await this.verifying(found, run, proof.why, progressed);
    // The stop that was resumed, seen once more, is no word of the account.
    if (stop !== undefined && (stop.recordId !== found.stop.recordId || outcome.verdict !== undefined))
      await this.replan.refused(workerOf(run), stop, run.startedAtMs);
    const { state } = await this.#conclude(episode, proof, { run, session });
    this.spans.proved(run.id, proof.kind, startMs);
    // It is that of the session that stopped, also where a new one was begun.
    await this.leases.drop(episode.sessionId);
    return state === 'saved' || (state === 'cancelled' && episode.successor !== undefined);
  }

  #conclude(episode: Episode, proof: Proof, { run, session }: Ended): Promise<Episode> {
    const { why } = proof;
    if (proof.kind === 'denied') return this.book.change(episode, { to: 'parked', why });
    if (proof.kind === 'saved') {
      const capMs = this.config.resume.timeSavedCapS * 1000;
      const savedMs = timeSavedMs(run, session?.view.lastWork?.atMs, capMs);
      return this.book.change(episode, { to: 'saved', why, withoutProgress: 0, timeSavedMs: savedMs });
    }
    if (episode.successor !== undefined)
      return this.book.change(episode, afterSuccessor(session, proof.stop));
    return this.book.plan(episode, proof.stop ?? episode.stop, episode.withoutProgress + 1);
  }
}

/** Whose account a run draws on, and by which model. */
function workerOf({ agent, contract }: Run): Worker {
  return { place: { agent, home: contract.home }, model: contract.model };
}
