import { Controller, Get, HttpCode, Post, Req } from '@nestjs/common';
import type { Request } from 'express';
import { Clock } from '../../core/ports/clock.js';
import { SessionDirectory } from '../../core/ports/session-directory.js';
import { EpisodeEngine } from '../../resume/episode-engine.js';
import { countByState, EpisodeRepository } from '../../store/episode.repository.js';
import { VERSION } from '../../version.js';
import { originOf } from '../control/origin-of.js';
import { iso } from '../episodes/episode.view.js';
import { ApiRoute } from '../openapi/api-route.decorator.js';
import { PAUSE, STATUS } from './status.schema.js';

const MAX_WAITS = 100;

@Controller('api/v1')
export class StatusController {
  readonly #startedMs: number;

  constructor(
    private readonly clock: Clock,
    private readonly sessions: SessionDirectory,
    private readonly episodes: EpisodeRepository,
    private readonly engine: EpisodeEngine,
  ) {
    this.#startedMs = clock.nowMs();
  }

  @ApiRoute({ summary: 'How the service stands, and what is waited for', answer: { schema: STATUS } })
  @Get('status')
  async status(): Promise<object> {
    const counts = await this.episodes.counts();
    const byState = countByState(counts);
    const paused = await this.engine.isPaused();
    const waiting = await this.episodes.nextWaits(MAX_WAITS);
    return {
      state: paused ? 'paused' : 'running',
      version: VERSION,
      uptime_s: (this.clock.nowMs() - this.#startedMs) / 1000,
      sessions: this.#countSessions(),
      episodes: byState,
      saves: byState['saved'] ?? 0,
      time_saved_s: counts.reduce((sum, { timeSavedMs }) => sum + timeSavedMs, 0) / 1000,
      waits: waiting.map(({ id, sessionId, agent, dueAtMs, why, stop }) => ({
        episode_id: id,
        session_id: sessionId,
        agent,
        reason: stop.reason,
        due_at: iso(dueAtMs),
        why,
      })),
    };
  }

  /** Stops acting; watching continues. Survives a restart. */
  @ApiRoute({ summary: 'Stop acting; watching continues, also after a restart', answer: { schema: PAUSE } })
  @Post('pause')
  @HttpCode(200)
  async pause(@Req() request: Request): Promise<object> {
    await this.engine.setPaused(true, originOf(request));
    return { state: 'paused' };
  }

  /** Goes on acting, with whatever came due meanwhile. */
  @ApiRoute({ summary: 'Go on acting', answer: { schema: PAUSE } })
  @Post('resume')
  @HttpCode(200)
  async resume(@Req() request: Request): Promise<object> {
    await this.engine.setPaused(false, originOf(request));
    return { state: 'running' };
  }

  #countSessions(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { agent } of this.sessions.list()) counts[agent] = (counts[agent] ?? 0) + 1;
    return counts;
  }
}
