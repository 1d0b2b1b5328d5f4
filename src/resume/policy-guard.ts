import { Injectable } from '@nestjs/common';
import picomatch from 'picomatch';
import { Config } from '../config/config.js';
import { projectRulesOf } from '../config/project-rules.js';
import { isOpen, type Episode, type EpisodeChange, type EpisodeState } from '../core/episode.js';
import type { WithheldRule } from '../core/events.js';
import {
  insteadOf,
  mergeRules,
  objectionAt,
  planUnder,
  type Objection,
  type Policy,
  type ProjectRule,
} from '../core/policy.js';
import { Clock } from '../core/ports/clock.js';
import { EventBus } from '../core/ports/event-bus.js';
import { parseQuietHours } from '../core/quiet-hours.js';
import type { EpochMs } from '../core/stop.js';
import { RunRepository } from '../store/run.repository.js';

const DAY_MS = 86_400_000;
const LOCAL_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Holds every plan and every act against what the user wants. Emits `resume-withheld`, once for each reason. */
@Injectable()
export class PolicyGuard {
  /** What was told of each open episode. */
  readonly #told = new Map<string, Set<string>>();
  /** Resumes this service has started within a day, and those it is about to start, by episode. */
  #started: Start[] = [];
  readonly #admitted = new Map<string, Start>();
  readonly #beganMs: EpochMs;

  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
    private readonly runs: RunRepository,
    private readonly bus: EventBus,
  ) {
    this.#beganMs = clock.nowMs();
    bus.on('episode-changed', ({ episode, from }) => this.#note(episode, from));
  }

  #note({ id, state, contract }: Episode, from: EpisodeState | undefined): void {
    this.#admitted.delete(id);
    // A resume that was done leaves no reason standing.
    if (state === 'resuming' || !isOpen(state)) this.#told.delete(id);
    if (state !== 'resuming' || from === 'resuming' || contract === undefined) return;
    const nowMs = this.clock.nowMs();
    this.#started = this.#started.filter(({ startedAtMs }) => startedAtMs > nowMs - DAY_MS);
    this.#started.push({ startedAtMs: nowMs, cwd: contract.cwd });
  }

  /** A plan as the user's rules leave it, and what `tell` has to be told once it is stored. */
  async planned(
    episode: Episode,
    change: EpisodeChange,
  ): Promise<{ change: EpisodeChange; objection?: Objection }> {
    if (change.dueAtMs === undefined) return { change };
    const objection = await this.objection(episode, Math.max(change.dueAtMs, this.clock.nowMs()));
    return objection === undefined ? { change } : { change: planUnder(change, objection), objection };
  }

  /** Tells of a plan that was changed; that it is only observed is told when it is due. */
  tell(episode: Episode, objection: Objection | undefined): void {
    if (objection !== undefined && objection.rule !== 'observe') this.#withhold(episode, objection);
  }

  /**
   * What becomes of a due episode instead of a resume; undefined where nothing stands against it. Then it counts as a
   * resume from now on, until it becomes something else.
   */
  async insteadOfActing(episode: Episode): Promise<EpisodeChange | undefined> {
    const found = await this.objection(episode, this.clock.nowMs());
    const objection = episode.asked === undefined ? found : undefined;
    if (objection === undefined) {
      const cwd = episode.contract?.cwd ?? '';
      this.#admitted.set(episode.id, { startedAtMs: this.clock.nowMs(), cwd });
      return undefined;
    }
    const change = insteadOf(episode, objection);
    this.#withhold(episode, { ...objection, why: change.why });
    return change;
  }

  /** What stands against resuming it at an instant, as far as that is known now. */
  async objection(episode: Episode, atMs: EpochMs): Promise<Objection | undefined> {
    const policy = this.#policyOf(episode);
    const earlier = await this.#earlierFor(policy);
    const all = [...this.#admitted.values(), ...this.#started, ...earlier];
    const { path } = policy.project;
    const resumes = all.map(({ startedAtMs, cwd }) => ({ startedAtMs, inProject: fits(path, cwd) }));
    return objectionAt(policy, atMs, resumes);
  }

  /** Tells that a due resume is not done; what was told of the episode before is not told again. */
  withheld(episode: Episode, rule: WithheldRule, why: string, untilMs?: EpochMs): void {
    const told = this.#told.get(episode.id) ?? new Set();
    const key = `${rule}: ${why}`;
    if (told.has(key)) return;
    this.#told.set(episode.id, told.add(key));
    this.bus.publish({
      type: 'resume-withheld',
      episode,
      rule,
      why,
      ...(untilMs === undefined ? {} : { untilMs }),
    });
  }

  #withhold(episode: Episode, { rule, why, untilMs }: Objection): void {
    this.withheld(episode, rule, why, untilMs);
  }

  #policyOf({ agent, contract }: Episode): Policy {
    const { mode, quietHours, quietZone, budgetPerH } = this.config.resume;
    return {
      agent,
      agentResumes: this.config.agents[agent]?.resume ?? true,
      mode,
      project: mergeRules(this.#rules().filter(({ path }) => fits(path, contract?.cwd))),
      quietHours: quietHours.map(parseQuietHours).filter((span) => span !== undefined),
      zone: quietZone === '' ? LOCAL_ZONE : quietZone,
      budgetPerH,
    };
  }

  #rules(): readonly ProjectRule[] {
    return projectRulesOf(this.config.resume.projects) ?? [];
  }

  /** What an earlier service started; looked up only where a number depends on it. */
  async #earlierFor({ project, budgetPerH }: Policy): Promise<readonly Start[]> {
    const sinceMs = this.clock.nowMs() - DAY_MS;
    if ((budgetPerH === 0 && project.maxPerDay === undefined) || sinceMs >= this.#beganMs) return [];
    return this.runs.resumesBetween(sinceMs, this.#beganMs);
  }
}

type Start = Readonly<{ startedAtMs: EpochMs; cwd: string }>;

/** Folders that begin with a dot are folders like others. */
function fits(glob: string | undefined, cwd: string | undefined): boolean {
  return glob !== undefined && cwd !== undefined && picomatch.isMatch(cwd, glob, { dot: true });
}
