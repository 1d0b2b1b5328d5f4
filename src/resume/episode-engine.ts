import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import { Config } from '../config/config.js';
import { isAdopted } from '../core/adoption.js';
import type { Origin } from '../core/control.js';
import { isPending, resumeKey, type Episode, type EpisodeState } from '../core/episode.js';
import { messageOf } from '../core/errors.js';
import type { EventOf } from '../core/events.js';
import { Clock } from '../core/ports/clock.js';
import { EventBus } from '../core/ports/event-bus.js';
import { inSpan, Telemetry, under, type TraceParent } from '../core/ports/telemetry.js';
import { SessionDirectory } from '../core/ports/session-directory.js';
import type { Run, RunOutcome } from '../core/run.js';
import type { SessionSnapshot } from '../core/session.js';
import { isBetterReset, type Stop } from '../core/stop.js';
import { EpisodeRepository } from '../store/episode.repository.js';
import { PauseRepository } from '../store/pause.repository.js';
import { RunRepository } from '../store/run.repository.js';
import { AccountReplan } from './account-replan.js';
import { AccountsService, type Worker } from './accounts.service.js';
import { EpisodeBook } from './episode-book.js';
import { LeaseKeeper } from './lease-keeper.js';
import { ResumeDispatch } from './resume-dispatch.js';
import { ResumeSpans } from './resume-spans.js';
import { hasProgressed, isHalted, stopAfter } from './run-judgement.js';
import { RunService } from './run.service.js';
import { ResumeVerdict } from './resume-verdict.js';
import { SessionTurns } from './session-turns.js';

/** Passed through in one go: found after a start, the service ended in the middle of it. */
const UNDECIDED: readonly EpisodeState[] = ['detected', 'planned', 'preflight'];

/**
 * Sees each stop through: stored, waited out, resumed once, proved. Everything about one session happens in
 * that session's turn, so a stop, a user's prompt and a due time cannot overtake each other.
 */
@Injectable()
export class EpisodeEngine implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #log = new Logger('Engine');
  /** Where the traces of stops begin that were seen while a run of ours was still to be judged. */
  readonly #heldTraces = new Map<string, TraceParent | undefined>();
  #startedMs = 0;
  #stopped = false;

  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
    private readonly bus: EventBus,
    private readonly sessions: SessionDirectory,
    private readonly episodes: EpisodeRepository,
    private readonly runs: RunRepository,
    private readonly pauses: PauseRepository,
    private readonly book: EpisodeBook,
    private readonly runService: RunService,
    private readonly spans: ResumeSpans,
    private readonly telemetry: Telemetry,
    private readonly turns: SessionTurns,
    private readonly dispatch: ResumeDispatch,
    private readonly accounts: AccountsService,
    private readonly replan: AccountReplan,
    private readonly leases: LeaseKeeper,
    private readonly verdicts: ResumeVerdict,
  ) {}

  onModuleInit(): void {
    this.#startedMs = this.clock.nowMs();
    this.bus.on('session-stopped', (event) => this.#inTurn(event.session.id, () => this.#onStop(event)));
    this.bus.on('session-progressed', (event) => {
      // There is much of it, and as a rule it makes nothing due: nobody looks because of it.
      if (!this.#stopped) void this.turns.run(event.session.id, () => this.#onProgress(event));
    });
    this.leases.onLost((sessionId) => this.#inTurn(sessionId, () => this.#onLost(sessionId)));
    this.bus.on('run-ended', ({ run, outcome }) =>
      this.#inTurn(run.sessionId, () => this.#onRunEnded(run, outcome)),
    );
  }

  onApplicationBootstrap(): void {
    void this.#restore().catch((error: unknown) => this.#log.error(`restore: ${messageOf(error)}`));
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopped = true;
    this.dispatch.stop();
    await this.dispatch.whenIdle();
    await this.turns.whenIdle();
  }

  /** Resolves when everything seen so far has been dealt with. */
  async whenIdle(): Promise<void> {
    await this.turns.whenIdle();
    await this.dispatch.whenIdle();
  }

  isPaused(): Promise<boolean> {
    return this.pauses.isPaused();
  }

  /** Stops or goes on acting; watching continues either way. Survives a restart. */
  async setPaused(paused: boolean, origin?: Origin): Promise<void> {
    await this.pauses.set(paused);
    this.bus.publish({ type: 'pause-changed', paused, origin });
    this.#log.log(paused ? 'paused: stops are recorded, nothing is resumed' : 'acting again');
    this.dispatch.look();
  }

  /** Looks anew for what is due next. */
  lookAgain(): void {
    this.dispatch.look();
  }

  #inTurn(sessionId: string, task: () => Promise<void>): void {
    // What is seen while stopping is seen again by the next start.
    if (!this.#stopped) void this.turns.run(sessionId, task).then(() => this.dispatch.look());
  }

  async #onStop({ session, stop, trace }: EventOf<'session-stopped'>): Promise<void> {
    const episode = await this.episodes.findOpen(session.id);
    if (episode === undefined && (await this.runs.openOf(session.id))?.kind !== 'resume')
      return this.#openIfAdopted(session, stop, trace);
    // The end of our run judges what happened in it.
    if (episode === undefined || episode.state === 'resuming' || episode.state === 'verifying')
      return void this.#heldTraces.set(session.id, trace);
    if (episode.stop.recordId === stop.recordId) return this.#revise(episode, stop);
    await this.book.change(episode, {
      to: 'cancelled',
      why: 'the session went on without us and stopped again',
    });
    await this.#openIfAdopted(session, stop);
  }

  async #openIfAdopted(session: SessionSnapshot, stop: Stop, trace?: TraceParent): Promise<void> {
    const { adoptWithinH } = this.config.monitor;
    const adoption = { nowMs: this.clock.nowMs(), startedMs: this.#startedMs, adoptWithinH };
    await this.#noteWork(session);
    if (!isAdopted(stop, adoption)) return;
    await this.replan.refused(workerOf(session), stop);
    await this.book.open(session, stop, trace);
  }

  /**
   * The same stop, seen better: another reason (a process that was closed) or a more exact reset. What is less sure
   * changes nothing: the output of a run tells more than records that only break off.
   */
  async #revise(episode: Episode, stop: Stop): Promise<void> {
    const isRefined = isBetterReset(stop.reset, episode.stop.reset);
    const isOther =
      stop.reason !== episode.stop.reason &&
      stop.confidence >= episode.stop.confidence &&
      !isHalted(episode.stop);
    if (!isRefined && !isOther) return this.bus.publish({ type: 'stop-repeated', episode });
    // A person who ended it decides also what was left to a person.
    const isOpenToIt =
      episode.state === 'waiting' || episode.state === 'gated' || stop.reason === 'user_exit';
    if (!isOpenToIt) return;
    await this.book.plan(episode, stop);
    if (isRefined && episode.stop.reset !== undefined)
      this.bus.publish({ type: 'reset-refined', episode, stated: episode.stop.reset, actual: stop.reset });
  }

  async #onProgress({ session, by }: EventOf<'session-progressed'>): Promise<void> {
    const run = await this.runs.openOf(session.id);
    if (run !== undefined) this.runService.noteProgress(run, session.view);
    else if (by === 'work') await this.#noteWork(session);
    const episode = await this.episodes.findOpen(session.id, run?.episodeId);
    if (episode === undefined) return;
    if (isPending(episode.state)) return this.#onMovedOn(episode, session, by);
    if (episode.state === 'resuming' && by === 'work' && run !== undefined && hasProgressed(run, session)) {
      await this.verdicts.verifying(episode, run, 'new assistant work; the run goes on', true);
      this.dispatch.look();
    }
  }

  /** That a session of somebody works, or has until it stopped, tells of its account. */
  async #noteWork(session: SessionSnapshot): Promise<void> {
    const { lastWork } = session.view;
    if (lastWork !== undefined) await this.replan.workedElsewhere(workerOf(session), lastWork.atMs);
  }

  async #onMovedOn(episode: Episode, { view }: SessionSnapshot, by: 'prompt' | 'work'): Promise<void> {
    const record = by === 'prompt' ? view.lastPrompt : view.lastWork;
    if (record === undefined || record.atMs < episode.stop.atMs) return;
    await this.book.change(episode, { to: 'cancelled', why: 'the session went on, not by us' });
  }

  async #onRunEnded(run: Run, outcome: RunOutcome): Promise<void> {
    this.spans.runEnded(run.id, outcome.result);
    const session = await this.sessions.refresh(run.sessionId);
    const stop = stopAfter(run, outcome, session);
    if (run.kind !== 'resume') {
      if (session !== undefined && stop !== undefined)
        await this.#onStop({ type: 'session-stopped', session, stop });
      return;
    }
    const isOver = await this.verdicts.judge(run, outcome, session, stop);
    if (isOver && session !== undefined && stop !== undefined)
      await this.#openIfAdopted(session, stop, this.#heldTraces.get(session.id));
    this.#heldTraces.delete(run.sessionId);
  }

  async #onLost(sessionId: string): Promise<void> {
    const episode = await this.episodes.findOpen(sessionId);
    if (episode !== undefined)
      this.runService.endRunOf(episode.id, 'has lost its session to another service');
  }

  /** Takes up what an earlier service left: its runs first, then episodes cut off between two steps. */
  async #restore(): Promise<void> {
    await this.sessions.whenReady();
    await inSpan(this.telemetry, 'resume.schedule', under(this.telemetry.daemon), async (span) => {
      await this.#takeUpAll();
      span.set({ waiting: (await this.episodes.countByState())['waiting'] ?? 0 });
    });
  }

  async #takeUpAll(): Promise<void> {
    await this.accounts.load(await this.episodes.gatedPlaces());
    for (const run of await this.runs.open()) this.#inTurn(run.sessionId, () => this.#restoreRun(run));
    for (const episode of await this.episodes.inStates([
      'detected',
      'planned',
      'preflight',
      'resuming',
      'verifying',
    ]))
      this.#inTurn(episode.sessionId, () => this.#restoreEpisode(episode.id));
    this.dispatch.look();
  }

  async #restoreRun(stored: Run): Promise<void> {
    const run = await this.runService.identify(stored);
    if (run === undefined) return this.#forgetRun(stored, 'it never named its session');
    this.sessions.expect(run.agent, run.sessionId, run.contract);
    const episode = run.episodeId === undefined ? undefined : await this.episodes.find(run.episodeId);
    if (episode !== undefined) this.spans.takeUp(episode, run);
    if (await this.runService.takeUp(run)) return this.#reserveAgain(run);
    await this.#forgetRun(run, 'the service ended before the run was started');
  }

  /** The lease may have run out meanwhile; a run that goes on keeps everybody else away from its session. */
  async #reserveAgain({ kind, contract, sessionId }: Run): Promise<void> {
    if (kind !== 'resume') return;
    const { kind: answer } = await this.leases.take(contract.home, sessionId);
    if (answer !== 'taken') this.#log.warn(`session ${sessionId}: the lease of its run is ${answer}`);
  }

  async #forgetRun({ id }: Run, why: string): Promise<void> {
    this.spans.notStarted(id, why);
    await this.runs.remove(id);
  }

  async #restoreEpisode(id: string): Promise<void> {
    const episode = await this.episodes.find(id);
    if (episode === undefined) return;
    if (UNDECIDED.includes(episode.state)) return void (await this.book.plan(episode, episode.stop));
    if (episode.state !== 'resuming' && episode.state !== 'verifying') return;
    if (await this.runs.isUnderWay(id)) return;
    // It is missing where it was stored but never started.
    const run = await this.runs.ofKey(resumeKey(episode));
    if (run?.outcome !== undefined) return this.#onRunEnded(run, run.outcome);
    const why = 'the service ended before the resume was started';
    const attempts = Math.max(0, episode.attempts - 1);
    await this.book.change(episode, { to: 'waiting', why, dueAtMs: this.clock.nowMs(), attempts });
  }
}

function workerOf({ agent, home, view: { model } }: SessionSnapshot): Worker {
  return { place: { agent, home }, model };
}
