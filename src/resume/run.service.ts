import { mkdir, open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { AgentCatalog } from '../agents/agent-catalog.js';
import { Config } from '../config/config.js';
import { messageOf, PalingenesisError } from '../core/errors.js';
import type { RunFold } from '../core/ports/agent.js';
import { Clock, type Cancel } from '../core/ports/clock.js';
import { EventBus } from '../core/ports/event-bus.js';
import {
  ProcessHost,
  type Command,
  type ProcessExit,
  type ProcessRef,
  type StartedProcess,
} from '../core/ports/process-host.js';
import { redactText } from '../core/redact-text.js';
import { abortedOutcome, isNamed, type Run } from '../core/run.js';
import type { SessionView } from '../core/session.js';
import { LineTail } from '../platform/line-tail.js';
import { RunRepository } from '../store/run.repository.js';
import { LiveRuns } from './live-runs.service.js';
import { sessionNamedIn, type RunOutput } from './session-naming.js';

/** Lets a restarted service find the process of a run whose pid was not stored any more. */
const RUN_VARIABLE = 'PALINGENESIS_RUN';
const STDERR_TAIL_BYTES = 4096;
const SAID_CHARS = 500;
const POLL_MS = 500;
const NEVER = new Promise<never>(() => undefined);

type Following = {
  readonly run: Run;
  readonly process: ProcessRef;
  lastProgressMs: number;
  abortedBy?: string | undefined;
  isStopping?: true;
  readonly cancels: Cancel[];
};

/**
 * The agent processes of our own. Their output goes to files, so a run outlives this service, and the next
 * one follows it further. Emits `run-ended` once per run.
 */
@Injectable()
export class RunService implements OnApplicationShutdown {
  readonly #log = new Logger('Runs');
  readonly #following = new Map<string, Following>();
  readonly #finishing = new Set<Promise<void>>();
  #stopping = false;

  constructor(
    private readonly config: Config,
    private readonly agents: AgentCatalog,
    private readonly clock: Clock,
    private readonly processes: ProcessHost,
    private readonly runs: RunRepository,
    private readonly bus: EventBus,
    private readonly liveRuns: LiveRuns,
  ) {}

  onApplicationShutdown(): void {
    this.#stopping = true;
    for (const { cancels } of this.#following.values()) cancels.forEach((cancel) => cancel());
    if (this.#following.size > 0)
      this.#log.log(`${this.#following.size} agent runs go on; the next start follows them further`);
  }

  get activeResumes(): number {
    const own = [...this.#following.values()].filter(({ run }) => run.kind === 'resume').length;
    return own + this.liveRuns.active;
  }

  /** Resolves when every end seen so far has been stored and told. */
  async whenIdle(): Promise<void> {
    await Promise.all(this.#finishing);
    await this.liveRuns.whenIdle();
  }

  /**
   * Starts a stored run; gives it with the session it works on, which an agent may choose itself. Rejects with
   * `agent-unavailable` when its program cannot be started, with `launch-failed` when it begins no session.
   */
  async start(run: Run, command: Command): Promise<Run> {
    const output = this.#output(run.id);
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const started = await this.processes.start(
      { ...command, env: { ...command.env, ...traceEnv(run), [RUN_VARIABLE]: run.id } },
      output,
    );
    await this.runs.setProcess(run.id, started);
    const named = await this.#named(run, started.exit);
    if (named === undefined) return this.#giveUp(run, started);
    const following = this.#follow(named, started);
    void started.exit.then((exit) => this.#end(named, following, exit));
    return named;
  }

  /** The run with the session its agent chose for it. */
  async #named(run: Run, ended: Promise<unknown>): Promise<Run | undefined> {
    if (isNamed(run)) return run;
    const sessionId = await sessionNamedIn(this.#output(run.id), this.agents.get(run.agent).newRun(), {
      clock: this.clock,
      timeoutMs: this.config.resume.launchTimeoutS * 1000,
      tail: this.config.monitor,
      ended,
    });
    if (sessionId === undefined) return undefined;
    await this.runs.setSession(run.id, sessionId);
    return { ...run, sessionId };
  }

  async #giveUp(run: Run, process: StartedProcess): Promise<never> {
    const hasEnded = !this.processes.isAlive(process);
    this.processes.signalGroup(process, 'SIGKILL');
    const { stdoutPath, stderrPath } = this.#output(run.id);
    const said = redactText(await tailOf(stderrPath))
      .trim()
      .slice(-SAID_CHARS);
    await Promise.all([stdoutPath, stderrPath].map((path) => rm(path, { force: true })));
    const what = hasEnded ? 'ended' : 'said nothing for resume.launch_timeout_s';
    throw new PalingenesisError(
      'launch-failed',
      `${run.agent} was started and ${what} before it began a session${said === '' ? '' : `: ${said}`}`,
    );
  }

  /**
   * Takes up a run an earlier service left open: follows its process while it lives, else reads how it ended.
   * False when it never came to be started.
   */
  async takeUp(run: Run): Promise<boolean> {
    if (run.live === true) {
      this.liveRuns.takeUp(run);
      return true;
    }
    const process = this.#processOf(run);
    if (process === undefined && !(await this.#hasOutput(run.id))) return false;
    if (process === undefined || !this.processes.isAlive(process)) {
      await this.#finish(run, {});
      return true;
    }
    if (run.pid === undefined) await this.runs.setProcess(run.id, process);
    const following = this.#follow(run, process);
    if (run.abortedBy !== undefined) this.#stop(run, following, `was aborted by ${run.abortedBy}`);
    following.cancels.push(
      this.clock.every(POLL_MS, () => {
        if (!this.processes.isAlive(process)) this.#end(run, following, {});
      }),
    );
    return true;
  }

  /** A run of an earlier service with the session its agent chose, if it was still to be named. */
  async identify(run: Run): Promise<Run | undefined> {
    const process = this.#processOf(run);
    const mayStillSay = process !== undefined && this.processes.isAlive(process);
    return this.#named(run, mayStillSay ? NEVER : Promise.resolve());
  }

  /**
   * Ends a run because somebody wants it: its whole process group is told to, and made to where it does not. What it
   * was doing then counts as ended by its user. Harmless where it has ended.
   */
  async abort(run: Run, by: string): Promise<void> {
    await this.runs.setAborted(run.id, by);
    const following = this.#following.get(run.id);
    if (following === undefined) return;
    following.abortedBy = by;
    this.#stop(run, following, `is aborted by ${by}`);
  }

  /** Ends the run of an episode, if there is one: its whole process group, asked first, then forced. */
  endRunOf(episodeId: string, why: string): void {
    for (const following of this.#following.values())
      if (following.run.episodeId === episodeId) this.#stop(following.run, following, why);
  }

  /** The session goes on: the run is not stuck, unless it only goes in circles. */
  noteProgress(run: Run, view: SessionView): void {
    const isCircling = (view.compactionsInARow ?? 0) >= this.config.resume.maxCompactions;
    const following = this.#following.get(run.id);
    if (following === undefined) return this.liveRuns.noteProgress(run.id, isCircling);
    following.lastProgressMs = this.clock.nowMs();
    if (isCircling) this.#stop(run, following, 'compacts its context without end (resume.max_compactions)');
  }

  get #folder(): string {
    return join(this.config.state.dir, 'runs');
  }

  #processOf(run: Run): ProcessRef | undefined {
    return run.pid === undefined ? this.processes.findByEnv(RUN_VARIABLE, run.id) : refOf(run, run.pid);
  }

  async #hasOutput(runId: string): Promise<boolean> {
    const { stdoutPath, stderrPath } = this.#output(runId);
    return (await sizeOf(stdoutPath)) + (await sizeOf(stderrPath)) > 0;
  }

  #output(runId: string): RunOutput {
    return {
      stdoutPath: join(this.#folder, `${runId}.stdout.jsonl`),
      stderrPath: join(this.#folder, `${runId}.stderr.txt`),
    };
  }

  #follow(run: Run, process: ProcessRef): Following {
    const following: Following = { run, process, lastProgressMs: this.clock.nowMs(), cancels: [] };
    this.#following.set(run.id, following);
    const { runTimeoutS, progressTimeoutS } = this.config.resume;
    const leftMs = run.startedAtMs + runTimeoutS * 1000 - this.clock.nowMs();
    following.cancels.push(
      this.clock.after(leftMs, () => this.#stop(run, following, 'ran longer than resume.run_timeout_s')),
      this.clock.every(Math.max(250, (progressTimeoutS * 1000) / 10), () => {
        if (this.clock.nowMs() - following.lastProgressMs > progressTimeoutS * 1000)
          this.#stop(run, following, 'made no progress for resume.progress_timeout_s');
      }),
    );
    return following;
  }

  /** SIGTERM to the whole group, then SIGKILL: an agent takes SIGINT for a wish of the user. */
  #stop(run: Run, following: Following, why: string): void {
    if (following.isStopping) return;
    following.isStopping = true;
    const { process, cancels } = following;
    this.#log.warn(`run ${run.id} of session ${run.sessionId} ${why}: its processes are ended`);
    this.processes.signalGroup(process, 'SIGTERM');
    const { killGraceS } = this.config.resume;
    cancels.push(this.clock.after(killGraceS * 1000, () => this.processes.signalGroup(process, 'SIGKILL')));
  }

  #end(run: Run, following: Following, exit: ProcessExit): void {
    if (this.#following.get(run.id) !== following) return;
    this.#following.delete(run.id);
    following.cancels.forEach((cancel) => cancel());
    if (this.#stopping) return;
    const { abortedBy = run.abortedBy } = following;
    const finishing = this.#finish(abortedBy === undefined ? run : { ...run, abortedBy }, exit)
      .catch((error: unknown) => {
        this.#log.error(`run ${run.id}: its end could not be stored: ${messageOf(error)}`);
      })
      .finally(() => this.#finishing.delete(finishing));
    this.#finishing.add(finishing);
  }

  async #finish(run: Run, exit: ProcessExit): Promise<void> {
    const fold = this.agents.get(run.agent).newRun();
    const { stdoutPath, stderrPath } = this.#output(run.id);
    await this.#foldOutput(stdoutPath, fold);
    const endedAtMs = this.clock.nowMs();
    const ended = fold.outcome({ exit, stderrTail: await tailOf(stderrPath), atMs: endedAtMs });
    const outcome = run.abortedBy === undefined ? ended : abortedOutcome(ended, run.abortedBy);
    if (!(await this.runs.end(run.id, outcome, endedAtMs))) return;
    // The session's own transcript keeps what was said; a second copy would only grow.
    await Promise.all([stdoutPath, stderrPath].map((path) => rm(path, { force: true })));
    this.#log.log(`run ${run.id} (${run.kind}) of session ${run.sessionId} ended: ${outcome.result}`);
    this.bus.publish({ type: 'run-ended', run: { ...run, endedAtMs, outcome }, outcome });
  }

  async #foldOutput(path: string, fold: RunFold): Promise<void> {
    const { maxLineBytes, tailBytes } = this.config.monitor;
    const tail = new LineTail(path, { maxLineBytes, tailBytes });
    const read = await tail.read((line) => fold.accept(line));
    if (read.kind === 'unreadable') this.#log.warn(`${path} cannot be read (${read.code})`);
  }
}

/** Lets an agent that traces put its own spans below ours (W3C trace context, as an environment variable). */
function traceEnv({ trace }: Run): Record<string, string> {
  return trace?.run === undefined ? {} : { TRACEPARENT: trace.run };
}

function refOf({ procStart }: Run, pid: number): ProcessRef {
  return { pid, ...(procStart === undefined ? {} : { procStart }) };
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}

async function tailOf(path: string): Promise<string> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return '';
  try {
    const { size } = await file.stat();
    const length = Math.min(size, STDERR_TAIL_BYTES);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8');
  } finally {
    await file.close();
  }
}
