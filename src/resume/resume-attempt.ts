import { randomUUID } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { AgentCatalog } from '../agents/agent-catalog.js';
import { Config } from '../config/config.js';
import { resumeKey, type Episode, type EpisodeChange } from '../core/episode.js';
import { messageOf } from '../core/errors.js';
import { newId } from '../core/ids.js';
import { Clock } from '../core/ports/clock.js';
import { SessionDirectory } from '../core/ports/session-directory.js';
import { preflight } from '../core/preflight.js';
import type { LaunchContract } from '../core/session.js';
import { isHard } from '../core/trouble.js';
import { EpisodeRepository } from '../store/episode.repository.js';
import { RunRepository } from '../store/run.repository.js';
import { EpisodeBook } from './episode-book.js';
import { LookAhead } from './look-ahead.js';
import { PolicyGuard } from './policy-guard.js';
import { policyOf } from './resume-policy.js';
import { ResumeSpans } from './resume-spans.js';
import { RunService } from './run.service.js';

const LET_GO: readonly EpisodeChange[] = [
  { to: 'gated', why: 'it is due' },
  { to: 'preflight', why: 'nothing holds it' },
];

/** Resumes one due episode, once: stored first, then started. */
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
    private readonly guard: PolicyGuard,
    private readonly lookAhead: LookAhead,
  ) {}

  /** Call in the session's turn only. Does nothing when the episode is not due any more. */
  async start(episodeId: string): Promise<void> {
    const episode = await this.episodes.find(episodeId);
    if (episode?.state !== 'waiting' || (episode.dueAtMs ?? Infinity) > this.clock.nowMs()) return;
    if ((await this.runs.openOf(episode.sessionId)) !== undefined) return this.#afterOwnRun(episode);
    const session = await this.sessions.refresh(episode.sessionId);
    const liveGraceMs = this.config.resume.liveGraceS * 1000;
    const context = { ...(await this.book.planContext(episode.sessionId)), liveGraceMs };
    const found =
      preflight(episode, session, policyOf(this.config), context) ?? (await this.#inTheWay(episode));
    if (found !== undefined && found.to !== 'cancelled')
      this.guard.withheld(episode, 'preflight', found.why, found.dueAtMs);
    const instead = found ?? (await this.guard.insteadOfActing(episode));
    if (instead !== undefined) await this.book.changes(episode, [...LET_GO, instead]);
    else if (episode.contract !== undefined) await this.#execute(episode, episode.contract);
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
    const resuming = await this.book.changes(episode, [...LET_GO, { to: 'resuming', why, attempts }], run);
    const { id, sessionId } = run;
    try {
      const command = this.agents.get(run.agent).resume(sessionId, contract, this.config.resume.prompt);
      await this.runService.start(run, command);
    } catch (error) {
      this.#log.error(messageOf(error));
      this.spans.notStarted(id, messageOf(error));
      await this.runs.end(id, { result: 'none', deniedTools: [] }, this.clock.nowMs());
      await this.book.change(resuming, { to: 'parked', why: messageOf(error) });
    }
  }
}
