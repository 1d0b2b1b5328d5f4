import { randomUUID } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { AgentCatalog } from '../agents/agent-catalog.js';
import { Config } from '../config/config.js';
import { resumeKey, type Episode, type EpisodeChange } from '../core/episode.js';
import { messageOf, PalingenesisError, type ErrorCode } from '../core/errors.js';
import { newId } from '../core/ids.js';
import { AccountProbe } from '../core/ports/account-probe.js';
import { Clock } from '../core/ports/clock.js';
import type { LeaseAnswer } from '../core/ports/leases.js';
import { SessionDirectory } from '../core/ports/session-directory.js';
import { preflight } from '../core/preflight.js';
import type { LaunchContract } from '../core/session.js';
import { iso, type Stop } from '../core/stop.js';
import { EpisodeRepository } from '../store/episode.repository.js';
import { RunRepository } from '../store/run.repository.js';
import { AccountReplan } from './account-replan.js';
import { EpisodeBook } from './episode-book.js';
import { LeaseKeeper } from './lease-keeper.js';
import { policyOf } from './resume-policy.js';
import { ResumeSpans } from './resume-spans.js';
import { RunService } from './run.service.js';

/** Resumes one due episode, once: reserved first, looked at once more, stored, then started. */
@Injectable()
export class ResumeAttempt {
  readonly #log = new Logger('Resume');

  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
    private readonly agents: AgentCatalog,
    private readonly sessions: SessionDirectory,
    private readonly episodes: EpisodeRepository,
    private readonly runs: RunRepository,
    private readonly runService: RunService,
    private readonly book: EpisodeBook,
    private readonly spans: ResumeSpans,
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
    if ((await this.runs.openOf(episode.sessionId)) !== undefined) return this.#afterOwnRun(episode);
    if (isCanary && (await this.#isStillRefused(episode))) return;
    const { contract, sessionId } = episode;
    if (contract === undefined) return this.#look(episode, undefined);
    const answer = await this.leases.take(contract.home, sessionId);
    if (answer.kind !== 'taken') return this.#notReserved(episode, answer);
    try {
      await this.#look(episode, contract);
    } finally {
      if ((await this.runs.openOf(sessionId)) === undefined) await this.leases.drop(sessionId);
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
    await this.accounts.refused({ agent, home: contract.home }, refused, this.clock.nowMs());
    return true;
  }

  async #notReserved(episode: Episode, answer: Exclude<LeaseAnswer, { kind: 'taken' }>): Promise<void> {
    await this.book.changes(episode, [
      ...letGo(episode),
      answer.kind === 'held'
        ? {
            to: 'waiting',
            why: 'another service is resuming this session',
            dueAtMs: Math.max(answer.untilMs, this.clock.nowMs() + 1000),
          }
        : {
            to: 'parked',
            why: `the session cannot be reserved for this service, so another one might resume it, too: ${answer.why}`,
          },
    ]);
  }

  async #look(episode: Episode, contract: LaunchContract | undefined): Promise<void> {
    const session = await this.sessions.refresh(episode.sessionId);
    const liveGraceMs = this.config.resume.liveGraceS * 1000;
    const context = { ...(await this.book.planContext(episode.sessionId)), liveGraceMs };
    const instead = preflight(episode, session, policyOf(this.config), context);
    if (instead !== undefined) return void (await this.book.changes(episode, [...letGo(episode), instead]));
    if (contract === undefined) return;
    try {
      await this.#execute(episode, contract);
    } catch (error) {
      if (!hasCode(error, 'already-resumed')) throw error;
      await this.book.changes(episode, [...letGo(episode), { to: 'parked', why: messageOf(error) }]);
    }
  }

  async #execute(episode: Episode, contract: LaunchContract): Promise<void> {
    const startedAtMs = this.clock.nowMs();
    const run = this.spans.begin(episode, {
      id: newId('run', startedAtMs, randomUUID()),
      kind: 'resume',
      agent: episode.agent,
      sessionId: episode.sessionId,
      episodeId: episode.id,
      contract,
      key: resumeKey(episode),
      stopReason: episode.stop.reason,
      startedAtMs,
    });
    const attempts = episode.attempts + 1;
    const why = `resume ${attempts} of the same session, as ${contract.permissionMode ?? 'default'} in ${contract.cwd}`;
    const resuming = await this.book.changes(
      episode,
      [...letGo(episode), { to: 'resuming', why, attempts }],
      run,
    );
    const { id, sessionId } = run;
    try {
      const command = this.agents.get(run.agent).resume(sessionId, contract, this.config.resume.prompt);
      await this.#assertReserved(sessionId);
      await this.runService.start(run, command);
    } catch (error) {
      this.#log.error(messageOf(error));
      this.spans.notStarted(id, messageOf(error));
      await this.runs.endUnstarted(id, this.clock.nowMs());
      await this.book.change(resuming, this.#afterFailure(error));
    }
  }

  #afterFailure(error: unknown): EpisodeChange {
    if (!hasCode(error, 'lease-lost')) return { to: 'parked', why: messageOf(error) };
    const dueAtMs = this.clock.nowMs() + this.config.resume.leaseS * 1000;
    return { to: 'waiting', why: messageOf(error), dueAtMs };
  }

  /** The last thing before a process is started: whatever took the time since the lease was taken. */
  async #assertReserved(sessionId: string): Promise<void> {
    if (!(await this.leases.isHeld(sessionId)))
      throw new PalingenesisError('lease-lost', `another service has taken session ${sessionId} over`);
  }
}

function hasCode(error: unknown, code: ErrorCode): boolean {
  return error instanceof PalingenesisError && error.code === code;
}

function isDue({ state, dueAtMs = Infinity }: Episode, nowMs: number): boolean {
  return (state === 'waiting' || state === 'gated') && dueAtMs <= nowMs;
}

/** The steps from the wait to the last look. */
function letGo({ state }: Episode): readonly EpisodeChange[] {
  const checked = { to: 'preflight', why: 'nothing holds it' } as const;
  return state === 'gated' ? [checked] : [{ to: 'gated', why: 'it is due' }, checked];
}
