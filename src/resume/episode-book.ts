import { randomUUID } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { Config } from '../config/config.js';
import { boundBy } from '../core/account-window.js';
import { applyChange, stepsTo, type AskedResume, type Episode, type EpisodeChange } from '../core/episode.js';
import { newId } from '../core/ids.js';
import { Clock } from '../core/ports/clock.js';
import { EventBus } from '../core/ports/event-bus.js';
import type { TraceParent } from '../core/ports/telemetry.js';
import { plan, type PlanContext } from '../core/resume-plan.js';
import type { Run } from '../core/run.js';
import { contractOf, type SessionSnapshot } from '../core/session.js';
import type { Stop } from '../core/stop.js';
import { EpisodeRepository, type EpisodeSteps } from '../store/episode.repository.js';
import { RunRepository } from '../store/run.repository.js';
import { AccountsService } from './accounts.service.js';
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
    private readonly accounts: AccountsService,
  ) {}

  /** Opens the episode of a stop, planned; nothing happens where the stop already had one. */
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
      acks: 0,
      timeSavedMs: undefined,
      trace,
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
      version: 1,
    };
    const change = await this.#planOf(episode, stop);
    const { change: allowed, objection } = await this.guard.planned(episode, change);
    const planned = this.#steps(episode, [allowed]);
    if (!(await this.episodes.create(episode, planned.steps))) return;
    this.#announce(episode, undefined);
    this.#announceAll(planned);
    this.guard.tell(planned.steps.at(-1) ?? episode, objection);
  }

  /** Decides anew what to do about an episode in view of this stop. */
  async plan(episode: Episode, stop: Stop, withoutProgress = episode.withoutProgress): Promise<Episode> {
    const change = await this.#planOf({ ...episode, withoutProgress }, stop);
    const { change: allowed, objection } = await this.guard.planned(episode, change);
    const planned = await this.change(episode, { ...allowed, withoutProgress });
    this.guard.tell(planned, objection);
    return planned;
  }

  /** What is known of the account binds, too: a limit of another kind that lifts later. */
  async #planOf(episode: Episode, stop: Stop): Promise<EpisodeChange> {
    const policy = policyOf(this.config);
    const change = plan(episode, stop, policy, await this.planContext(episode.sessionId));
    return boundBy(await this.accounts.windowFor({ ...episode, stop }), change, policy);
  }

  /**
   * A human sends a parked episode on: it is due now, its counts begin anew.
   * The next resume is then one more, also of a stop that was resumed before. `asked`: it is to be resumed whatever the
   * user's rules say.
   */
  async sendOn(episode: Episode, why: string, asked?: AskedResume): Promise<Episode> {
    const again = { attempts: 0, withoutProgress: 0, acks: episode.acks + 1 };
    const wish = asked === undefined ? {} : { asked };
    return this.change(episode, { to: 'waiting', why, dueAtMs: this.clock.nowMs(), ...again, ...wish });
  }

  /** Stores one change, planned first where it is to wait. Throws `stale-episode`. */
  async change(before: Episode, change: EpisodeChange): Promise<Episode> {
    return this.changes(before, [change]);
  }

  /**
   * Stores several changes of one episode at once, together with the run they are about to start, if any. Throws
   * `stale-episode` or `already-resumed`; then nothing is written.
   */
  async changes(before: Episode, changes: readonly EpisodeChange[], run?: Run): Promise<Episode> {
    const taken = this.#steps(before, changes);
    await this.episodes.save(taken, run);
    this.#announceAll(taken);
    return taken.steps.at(-1) ?? before;
  }

  /** The same change for many, in one transaction; those that changed meanwhile are left as they are. */
  async changeAll(all: ReadonlyMap<Episode, EpisodeChange>): Promise<void> {
    if (all.size === 0) return;
    const saved = await this.episodes.saveAll([...all].map(([before, to]) => this.#steps(before, [to])));
    saved.forEach((each) => this.#announceAll(each));
  }

  async planContext(sessionId: string): Promise<PlanContext> {
    const nowMs = this.clock.nowMs();
    const resumesToday = await this.runs.countResumesSince(sessionId, nowMs - DAY_MS);
    const crashesFromMs = nowMs - this.config.resume.crashWindowS * 1000;
    const crashResumes = await this.runs.countResumesSince(sessionId, crashesFromMs, 'crash');
    return { nowMs, random: Math.random(), resumesToday, crashResumes };
  }

  #steps(before: Episode, changes: readonly EpisodeChange[]): EpisodeSteps {
    const steps: Episode[] = [];
    for (const change of changes)
      for (const step of stepsTo((steps.at(-1) ?? before).state, change))
        steps.push(applyChange(steps.at(-1) ?? before, step, this.clock.nowMs()));
    return { before, steps };
  }

  #announceAll({ before, steps }: EpisodeSteps): void {
    steps.forEach((step, index) => this.#announce(step, (steps[index - 1] ?? before).state));
  }

  #announce(episode: Episode, from: Episode['state'] | undefined): void {
    const { id, sessionId, state, why } = episode;
    this.#log.log(`${id} session ${sessionId}: ${from ?? 'new'} → ${state}: ${why}`);
    this.bus.publish({ type: 'episode-changed', episode, from });
  }
}
