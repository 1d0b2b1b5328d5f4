import { Controller, Get, HttpCode, Post } from '@nestjs/common';
import { Clock } from '../../core/ports/clock.js';
import { SessionDirectory } from '../../core/ports/session-directory.js';
import { EpisodeEngine } from '../../resume/episode-engine.js';
import { countByState, EpisodeRepository } from '../../store/episode.repository.js';
import { VERSION } from '../../version.js';
import { iso } from '../episodes/episode.view.js';

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
  @Post('pause')
  @HttpCode(200)
  async pause(): Promise<object> {
    await this.engine.setPaused(true);
    return { state: 'paused' };
  }

  /** Goes on acting, with whatever came due meanwhile. */
  @Post('resume')
  @HttpCode(200)
  async resume(): Promise<object> {
    await this.engine.setPaused(false);
    return { state: 'running' };
  }

  #countSessions(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { agent } of this.sessions.list()) counts[agent] = (counts[agent] ?? 0) + 1;
    return counts;
  }
}
