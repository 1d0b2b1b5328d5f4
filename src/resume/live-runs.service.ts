import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Config } from '../config/config.js';
import { messageOf } from '../core/errors.js';
import { Clock, type Cancel } from '../core/ports/clock.js';
import { EventBus } from '../core/ports/event-bus.js';
import { SessionDirectory } from '../core/ports/session-directory.js';
import type { Run, RunOutcome } from '../core/run.js';
import type { Work } from '../core/ports/strategy.js';
import type { SessionSnapshot } from '../core/session.js';
import { evidence, type Verdict } from '../core/stop.js';
import { RunRepository } from '../store/run.repository.js';
import { HALTED } from './run-judgement.js';

/** Events tell of almost everything; this is for what they miss, such as a holder that died. */
const LOOK_MS = 5000;

type LiveWork = Pick<Extract<Work, { kind: 'live' }>, 'act' | 'halt'>;
type Watched = {
  readonly run: Run;
  readonly halt: LiveWork['halt'];
  lastProgressMs: number;
  isTelling: boolean;
  isHalting?: true;
  readonly cancels: Cancel[];
};

/**
 * The runs in processes that are not ours: the holder of a session was told to go on. Nothing but the session shows how
 * that went, so a restarted service watches it further, and tells the holder nothing again. Emits `run-ended` once per run.
 */
@Injectable()
export class LiveRuns implements OnApplicationShutdown {
  readonly #log = new Logger('Runs');
  readonly #watched = new Map<string, Watched>();
  readonly #ending = new Set<Promise<void>>();

  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
    private readonly sessions: SessionDirectory,
    private readonly runs: RunRepository,
    private readonly bus: EventBus,
  ) {}

  onApplicationShutdown(): void {
    for (const { cancels } of this.#watched.values()) cancels.forEach((cancel) => cancel());
    this.#watched.clear();
  }

  get active(): number {
    return this.#watched.size;
  }

  /** Resolves when every end seen so far has been stored and told. */
  async whenIdle(): Promise<void> {
    await Promise.all(this.#ending);
  }

  /** Acts for a stored run, then watches. What fails to act may have acted in part: that ends the run, and is judged. */
  async start(run: Run, { act, halt }: LiveWork): Promise<void> {
    const watched = this.#watch(run, true, halt);
    try {
      await act();
      watched.isTelling = false;
    } catch (error) {
      this.#log.warn(`run ${run.id} of session ${run.sessionId}: ${messageOf(error)}`);
      this.#end(watched, { result: 'none', deniedTools: [] });
    }
  }

  /** Watches a run that an earlier service began. */
  takeUp(run: Run): void {
    this.#watch(run, false);
  }

  /** The session goes on: the run is not stuck, unless it only goes in circles. */
  noteProgress(runId: string, isCircling: boolean): void {
    const watched = this.#watched.get(runId);
    if (watched === undefined) return;
    watched.lastProgressMs = this.clock.nowMs();
    if (isCircling) void this.#halt(watched, 'compacted its context without end (resume.max_compactions)');
  }

  /** What it leaves behind then looks as if its user had interrupted it: the verdict says that it was not. */
  async #halt(watched: Watched, words: string): Promise<void> {
    if (watched.isHalting) return;
    watched.isHalting = true;
    await watched
      .halt?.()
      .catch((error: unknown) => this.#log.warn(`run ${watched.run.id}: ${messageOf(error)}`));
    const why = evidence('resume', HALTED, words);
    const verdict: Verdict = { reason: 'context_exhausted', confidence: 1, evidence: why };
    this.#end(watched, { result: 'failed', deniedTools: [], verdict });
  }

  #watch(run: Run, isTelling: boolean, halt?: LiveWork['halt']): Watched {
    const watched: Watched = { run, halt, lastProgressMs: this.clock.nowMs(), isTelling, cancels: [] };
    this.#watched.set(run.id, watched);
    watched.cancels.push(
      this.bus.on('session-stopped', ({ session, stop }) => {
        // OpenCode 1.18.33 ends a message for a moment as an interruption does, before it compacts: the next look tells.
        if (session.id === run.sessionId && stop.reason !== 'user_exit') this.#judge(watched, session);
      }),
      this.clock.every(LOOK_MS, () => void this.#look(watched)),
    );
    return watched;
  }

  async #look(watched: Watched): Promise<void> {
    const session = await this.sessions.refresh(watched.run.sessionId).catch(() => undefined);
    this.#judge(watched, session);
  }

  #judge(watched: Watched, session: SessionSnapshot | undefined): void {
    const nowMs = this.clock.nowMs();
    const { progressTimeoutS, runTimeoutS, answerTimeoutS } = this.config.resume;
    const { run, lastProgressMs, isTelling } = watched;
    if (watched.isHalting) return;
    // A full context is compacted before the prompt is taken up, which may take minutes.
    const answersWithinS = run.stopReason === 'context_exhausted' ? progressTimeoutS : answerTimeoutS;
    const outcome = session && endOf(run, session);
    if (outcome !== undefined) return this.#end(watched, outcome);
    if (isTelling) return;
    if (nowMs - lastProgressMs > progressTimeoutS * 1000)
      this.#end(watched, failed('timeout', 'made no progress for resume.progress_timeout_s'));
    else if (nowMs - run.startedAtMs > runTimeoutS * 1000)
      this.#end(watched, failed('timeout', 'ran longer than resume.run_timeout_s'));
    else if (!hasBegun(run, session) && nowMs - run.startedAtMs > answersWithinS * 1000)
      this.#end(watched, failed('timeout', 'the holder of the session did not take up what it was told'));
  }

  #end(watched: Watched, outcome: RunOutcome): void {
    const { run, cancels } = watched;
    if (this.#watched.get(run.id) !== watched) return;
    this.#watched.delete(run.id);
    cancels.forEach((cancel) => cancel());
    const ending = this.#store(run, outcome)
      .catch((error: unknown) => {
        this.#log.error(`run ${run.id}: its end could not be stored: ${messageOf(error)}`);
      })
      .finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  async #store(run: Run, outcome: RunOutcome): Promise<void> {
    const endedAtMs = this.clock.nowMs();
    if (!(await this.runs.end(run.id, outcome, endedAtMs))) return;
    this.#log.log(`run ${run.id} (${run.strategy}) of session ${run.sessionId} ended: ${outcome.result}`);
    this.bus.publish({ type: 'run-ended', run: { ...run, endedAtMs, outcome }, outcome });
  }
}

/** How the session shows that the run is over, or undefined while it does not. */
function endOf({ startedAtMs }: Run, { stop, view }: SessionSnapshot): RunOutcome | undefined {
  if (stop === undefined || stop.atMs < startedAtMs) return undefined;
  // A summary has made room for the prompt, which is taken up next.
  if (stop.reason === 'completed' && (view.compactionsInARow ?? 0) > 0) return undefined;
  if (stop.reason === 'completed') return { result: 'ok', deniedTools: [] };
  const { recordId, atMs: _atMs, ...verdict } = stop;
  return { result: 'failed', deniedTools: [], verdict, recordId };
}

/** Whether what was told has arrived. */
function hasBegun({ startedAtMs }: Run, session: SessionSnapshot | undefined): boolean {
  const { lastPrompt, lastWork, turn } = session?.view ?? {};
  const newestMs = Math.max(
    lastPrompt?.atMs ?? 0,
    lastWork?.atMs ?? 0,
    turn !== undefined && turn.kind !== 'none' ? turn.atMs : 0,
  );
  return newestMs >= startedAtMs;
}

function failed(reason: Verdict['reason'], words: string): RunOutcome {
  const verdict: Verdict = { reason, confidence: 1, evidence: evidence('resume', 'live-run', words) };
  return { result: 'failed', deniedTools: [], verdict };
}
