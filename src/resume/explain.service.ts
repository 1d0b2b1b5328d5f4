import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { isPending, type Episode } from '../core/episode.js';
import { PalingenesisError } from '../core/errors.js';
import { explainSession } from '../core/explain-session.js';
import { explainEpisode, type Explanation } from '../core/explain.js';
import { Clock } from '../core/ports/clock.js';
import { SessionDirectory } from '../core/ports/session-directory.js';
import type { SessionSnapshot } from '../core/session.js';
import { EpisodeRepository } from '../store/episode.repository.js';
import { PauseRepository } from '../store/pause.repository.js';
import { RunRepository } from '../store/run.repository.js';
import { LookAhead } from './look-ahead.js';
import { PolicyGuard } from './policy-guard.js';

/** What is explained, and how. */
export type Explained = Readonly<{ session?: SessionSnapshot; episode?: Episode; explanation: Explanation }>;

/** Says why a session is or is not resumed, as things stand now. Changes nothing. */
@Injectable()
export class ExplainService {
  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
    private readonly sessions: SessionDirectory,
    private readonly episodes: EpisodeRepository,
    private readonly runs: RunRepository,
    private readonly pauses: PauseRepository,
    private readonly guard: PolicyGuard,
    private readonly lookAhead: LookAhead,
  ) {}

  /** Throws `not-found`. */
  async episode(id: string): Promise<Explained> {
    const episode = await this.episodes.find(id);
    if (episode === undefined) throw new PalingenesisError('not-found', `no episode "${id}"`);
    return this.#explain(episode, await this.sessions.refresh(episode.sessionId));
  }

  /** By its open episode, or else why it has none. Throws `not-found`. */
  async session(id: string): Promise<Explained> {
    const session = await this.sessions.refresh(id);
    const episode = await this.episodes.findOpen(id);
    if (episode !== undefined) return this.#explain(episode, session);
    if (session === undefined) throw new PalingenesisError('not-found', `no session "${id}"`);
    const [closed] = await this.episodes.list({ sessionId: id, limit: 1 });
    const explanation = explainSession(session, {
      nowMs: this.clock.nowMs(),
      isAgentOn: this.config.agents[session.agent]?.enabled ?? false,
      adoptWithinH: this.config.monitor.adoptWithinH,
      closed,
      runId: (await this.runs.openOf(id))?.id,
    });
    return { session, explanation };
  }

  async #explain(episode: Episode, session: SessionSnapshot | undefined): Promise<Explained> {
    const nowMs = this.clock.nowMs();
    const isAhead = isPending(episode.state) && episode.state !== 'parked';
    const explanation = explainEpisode(episode, {
      nowMs,
      isPaused: await this.pauses.isPaused(),
      objection: isAhead
        ? await this.guard.objection(episode, Math.max(nowMs, episode.dueAtMs ?? nowMs))
        : undefined,
      troubles: isAhead ? await this.lookAhead.troubles(episode, 'find-program') : [],
      session,
      runId: (await this.runs.openOf(episode.sessionId))?.id,
    });
    return { ...(session === undefined ? {} : { session }), episode, explanation };
  }
}
