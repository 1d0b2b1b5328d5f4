import { randomUUID } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { AgentCatalog } from '../../agents/agent-catalog.js';
import { resumeKey, type Episode, type EpisodeChange } from '../../core/episode.js';
import { hasCode, messageOf } from '../../core/errors.js';
import { newId } from '../../core/ids.js';
import { Clock } from '../../core/ports/clock.js';
import { SessionDirectory } from '../../core/ports/session-directory.js';
import type { Attempt, Strategy, Work } from '../../core/ports/strategy.js';
import type { Run } from '../../core/run.js';
import type { SessionSnapshot } from '../../core/session.js';
import { RunRepository } from '../../store/run.repository.js';
import { EpisodeBook } from '../episode-book.js';
import { LeaseKeeper } from '../lease-keeper.js';
import { LiveRuns } from '../live-runs.service.js';
import { ResumeSpans } from '../resume-spans.js';
import { RunService } from '../run.service.js';
import { StrategyCatalog, type Choice } from './strategy-catalog.js';

type Started = Readonly<{
  strategy: Strategy;
  why: string;
  work: Work;
  via: readonly EpisodeChange[];
}>;

/** Has one strategy go on with a due episode: the run is stored first, then started. */
@Injectable()
export class StrategyExecutor {
  readonly #log = new Logger('Resume');

  constructor(
    private readonly agents: AgentCatalog,
    private readonly clock: Clock,
    private readonly sessions: SessionDirectory,
    private readonly runs: RunRepository,
    private readonly runService: RunService,
    private readonly liveRuns: LiveRuns,
    private readonly book: EpisodeBook,
    private readonly spans: ResumeSpans,
    private readonly strategies: StrategyCatalog,
    private readonly leases: LeaseKeeper,
  ) {}

  /** What would be done about an episode now, by the strategy that is wanted, if any. Looks only. */
  async choose(episode: Episode, session: SessionSnapshot | undefined, wanted?: string): Promise<Choice> {
    if (session === undefined || episode.contract === undefined)
      return { strategy: undefined, why: 'the session or its working directory is not known' };
    const strategy = this.strategies.all().find(({ id }) => id === wanted);
    if (strategy !== undefined) return { strategy, why: 'a person asks for it' };
    return this.strategies.choose(await this.#attempt(episode, session, episode.contract));
  }

  /**
   * Call in the session's turn only, when nothing stands against the choice. `via` are the states that are stored
   * together with what comes of it.
   */
  async execute(
    episode: Episode,
    session: SessionSnapshot,
    { strategy, why }: Choice,
    via: readonly EpisodeChange[],
  ): Promise<void> {
    if (strategy === undefined || episode.contract === undefined) {
      await this.book.changes(episode, [...via, { to: 'parked', why: `no way to go on: ${why}` }]);
      return;
    }
    const attempt = await this.#attempt(episode, session, episode.contract);
    const work = await strategy.prepare(attempt).catch((error: unknown) => messageOf(error));
    if (typeof work === 'string') {
      this.#log.error(work);
      await this.book.changes(episode, [...via, { to: 'parked', why: work }]);
    } else await this.#start(attempt, { strategy, why, work, via });
  }

  async #attempt(
    episode: Episode,
    session: SessionSnapshot,
    contract: Attempt['contract'],
  ): Promise<Attempt> {
    return { episode, session, contract, earlier: await this.runs.ofEpisode(episode.id) };
  }

  async #start({ episode, contract }: Attempt, { strategy, why, work, via }: Started): Promise<void> {
    const run = this.spans.begin(episode, this.#newRun(episode, contract, strategy, work));
    const attempts = episode.attempts + 1;
    const as = `as ${contract.permissionMode ?? 'default'} in ${contract.cwd}`;
    const saying = `resume ${attempts} by ${strategy.id}, ${as}: ${why}`;
    const resuming = await this.book.changes(
      episode,
      [...via, { to: 'resuming', why: saying, attempts }],
      run,
    );
    const { sessionId } = episode;
    if (work.kind === 'live')
      return this.liveRuns.start(run, {
        ...work,
        act: async () => {
          await this.leases.assertHeld(sessionId);
          await work.act();
        },
      });
    try {
      await this.leases.assertHeld(sessionId);
      await this.#startProcess(run, work);
    } catch (error) {
      this.#log.error(messageOf(error));
      this.spans.notStarted(run.id, messageOf(error));
      await this.runs.endUnstarted(run.id, this.clock.nowMs());
      await this.book.change(resuming, this.#afterFailure(error));
    }
  }

  /** A session that another service has taken over is looked at again when that one may be done. */
  #afterFailure(error: unknown): EpisodeChange {
    if (!hasCode(error, 'lease-lost')) return { to: 'parked', why: messageOf(error) };
    return { to: 'waiting', why: messageOf(error), dueAtMs: this.clock.nowMs() + this.leases.durationMs };
  }

  async #startProcess(run: Run, work: Exclude<Work, { kind: 'live' }>): Promise<void> {
    if (work.kind === 'process') return void (await this.runService.start(run, work.command));
    const { agent, sessionId, contract } = await this.runService.start(run, work.launch(run.sessionId));
    this.sessions.expect(agent, sessionId, contract);
  }

  /** A new session has the id that was wished for, or is named by its agent. */
  #newRun(episode: Episode, contract: Attempt['contract'], strategy: Strategy, work: Work): Run {
    const startedAtMs = this.clock.nowMs();
    const id = newId('run', startedAtMs, randomUUID());
    const newSession = this.agents.get(episode.agent).takesSessionId ? randomUUID() : id;
    return {
      id,
      kind: 'resume',
      agent: episode.agent,
      sessionId: work.kind === 'new-session' ? newSession : episode.sessionId,
      episodeId: episode.id,
      contract,
      key: resumeKey(episode),
      stopReason: episode.stop.reason,
      strategy: strategy.id,
      ...(work.kind === 'live' ? { live: true as const } : {}),
      startedAtMs,
    };
  }
}
