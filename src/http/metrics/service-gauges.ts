import { Injectable, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { OPEN_STATES } from '../../core/episode.js';
import { Clock, type Cancel } from '../../core/ports/clock.js';
import { SessionDirectory } from '../../core/ports/session-directory.js';
import { EpisodeEngine } from '../../resume/episode-engine.js';
import { EpisodeRepository } from '../../store/episode.repository.js';
import { MetricRegistry } from '../../telemetry/metrics/metric-registry.js';
import { VERSION } from '../../version.js';
import { stateOf } from '../sessions/session.view.js';

const OPEN: ReadonlySet<string> = new Set(OPEN_STATES);

/** How the service stands, looked up when somebody asks: what is stored is right also after a restart. */
@Injectable()
export class ServiceGauges implements OnModuleInit, BeforeApplicationShutdown {
  readonly #startedMs: number;
  #cancel: Cancel | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly sessions: SessionDirectory,
    private readonly episodes: EpisodeRepository,
    private readonly engine: EpisodeEngine,
    private readonly metrics: MetricRegistry,
  ) {
    this.#startedMs = clock.nowMs();
  }

  onModuleInit(): void {
    this.#cancel = this.metrics.observe(() => this.#read());
  }

  /** The store closes before the last numbers are sent; they go out as they were last seen. */
  beforeApplicationShutdown(): void {
    this.#cancel?.();
  }

  async #read(): Promise<void> {
    const { metrics } = this;
    const nowMs = this.clock.nowMs();
    const counts = await this.episodes.counts();
    const state = (await this.engine.isPaused()) ? 'paused' : 'running';
    const sessions = this.sessions.list().map((session) => ({
      agent: session.agent,
      state: stateOf(session, undefined),
    }));
    metrics.gauge('palingenesis_info').set(1, { version: VERSION });
    metrics.gauge('palingenesis_state').setCounts([{ state }]);
    metrics.gauge('palingenesis_uptime_seconds').set((nowMs - this.#startedMs) / 1000, {});
    metrics.gauge('palingenesis_sessions').setCounts(sessions);
    metrics
      .gauge('palingenesis_open_episodes')
      .setEach(
        counts.flatMap(({ agent, state, count }) =>
          OPEN.has(state) ? [{ labels: { agent, state }, value: count }] : [],
        ),
      );
    metrics.gauge('palingenesis_wait_overdue_seconds').set(await this.#overdueS(nowMs), {});
  }

  async #overdueS(nowMs: number): Promise<number> {
    const [waitingMs = nowMs, heldMs = nowMs] = [
      await this.episodes.nextDueMs(),
      await this.episodes.nextDueMs(-1, 'gated'),
    ];
    return (nowMs - Math.min(nowMs, waitingMs, heldMs)) / 1000;
  }
}
