import { randomUUID } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { Config } from '../config/config.js';
import { applyChange, type Episode, type EpisodeChange } from '../core/episode.js';
import { newId } from '../core/ids.js';
import { Clock } from '../core/ports/clock.js';
import { EventBus } from '../core/ports/event-bus.js';
import type { TraceParent } from '../core/ports/telemetry.js';
import { plan, type PlanContext } from '../core/resume-plan.js';
import type { Run } from '../core/run.js';
import { contractOf, type SessionSnapshot } from '../core/session.js';
import type { Stop } from '../core/stop.js';
import { EpisodeRepository } from '../store/episode.repository.js';
import { RunRepository } from '../store/run.repository.js';
import { PolicyGuard } from './policy-guard.js';
import { policyOf } from './resume-policy.js';

const DAY_MS = 86_400_000;

/** Writes episodes: each change is stored before anybody hears of it. Emits `episode-changed`. */
@Injectable()
export class EpisodeBook {
  readonly #log = new Logger('Episodes');

  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
    private readonly episodes: EpisodeRepository,
    private readonly runs: RunRepository,
    private readonly bus: EventBus,
    private readonly guard: PolicyGuard,
  ) {}

  /** Opens the episode of a stop and plans it; nothing happens where the stop already had one. */
  async open(session: SessionSnapshot, stop: Stop, trace?: TraceParent): Promise<void> {
    const nowMs = this.clock.nowMs();
    const episode: Episode = {
      id: newId('ep', nowMs, randomUUID()),
      agent: session.agent,
      sessionId: session.id,
      contract: contractOf(session),
      stop,
      state: 'detected',
      why: `${stop.reason}: ${stop.evidence.text}`,
      dueAtMs: undefined,
      attempts: 0,
      withoutProgress: 0,
      trace,
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
      version: 1,
    };
    if (!(await this.episodes.create(episode))) return;
    this.#announce(episode, undefined);
    await this.plan(episode, stop);
  }

  /** Decides anew what to do about an episode in view of this stop. */
  async plan(episode: Episode, stop: Stop, withoutProgress = episode.withoutProgress): Promise<Episode> {
    const context = await this.planContext(episode.sessionId);
    const change = plan({ ...episode, withoutProgress }, stop, policyOf(this.config), context);
    return this.change(episode, { ...(await this.guard.planned(episode, change)), withoutProgress });
  }

  /** Stores a change, together with the run it is about to start, if any. Throws `stale-episode`. */
  async change(before: Episode, change: EpisodeChange, run?: Run): Promise<Episode> {
    const after = applyChange(before, change, this.clock.nowMs());
    await this.episodes.save(before, after, run);
    this.#announce(after, before.state);
    return after;
  }

  async planContext(sessionId: string): Promise<PlanContext> {
    const nowMs = this.clock.nowMs();
    const resumesToday = await this.runs.countResumesSince(sessionId, nowMs - DAY_MS);
    return { nowMs, random: Math.random(), resumesToday };
  }

  #announce(episode: Episode, from: Episode['state'] | undefined): void {
    const { id, sessionId, state, why } = episode;
    this.#log.log(`${id} session ${sessionId}: ${from ?? 'new'} → ${state}: ${why}`);
    this.bus.publish({ type: 'episode-changed', episode, from });
  }
}
