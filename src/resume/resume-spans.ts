import { Injectable } from '@nestjs/common';
import type { Episode } from '../core/episode.js';
import { Clock } from '../core/ports/clock.js';
import {
  Telemetry,
  under,
  type OpenSpan,
  type SpanOptions,
  type TraceParent,
} from '../core/ports/telemetry.js';
import type { Run } from '../core/run.js';

type Open = Readonly<{ execute?: OpenSpan; run: OpenSpan }>;

/**
 * The spans of one attempt: `resume.execute` from the begin of the wait to the proof, and below it the wait, the
 * gate, the run and the proof. Their identity is stored with the run, so that the next process can end them.
 */
@Injectable()
export class ResumeSpans {
  readonly #open = new Map<string, Open>();

  constructor(
    private readonly telemetry: Telemetry,
    private readonly clock: Clock,
  ) {}

  /** Opens the span of a run that is launched; gives the run with its identity. */
  launch(run: Run): Run {
    const span = this.telemetry.start('run.launch', { attributes: { agent: run.agent } });
    this.#open.set(run.id, { run: span });
    return { ...run, trace: { run: span.traceparent, waitedFromMs: run.startedAtMs } };
  }

  /** Opens the spans of an attempt that is about to start; gives the run with their identity. */
  begin(episode: Episode, run: Run): Run {
    const { dueAtMs = run.startedAtMs } = episode;
    const waitedFromMs =
      episode.attempts === 0 ? episode.createdAtMs : Math.min(episode.updatedAtMs, dueAtMs);
    const execute = this.telemetry.start('resume.execute', executeOptions(episode, run, waitedFromMs));
    const within = under(execute.traceparent);
    const wait_duration_ms = Math.max(0, dueAtMs - waitedFromMs);
    this.telemetry
      .start('resume.wait', { ...within, startMs: waitedFromMs, attributes: { wait_duration_ms } })
      .end(Math.max(waitedFromMs, dueAtMs));
    this.telemetry.start('resume.gate', { ...within, startMs: Math.max(waitedFromMs, dueAtMs) }).end();
    const sameSession = this.telemetry.start(`resume.${kindOf(episode, run)}`, {
      ...within,
      attributes: { surface: run.strategy ?? 'headless' },
    });
    this.#open.set(run.id, { execute, run: sameSession });
    const trace = { execute: execute.traceparent, run: sameSession.traceparent, waitedFromMs };
    return { ...run, trace };
  }

  /** Takes up the spans of a run that an earlier process started. */
  takeUp(episode: Episode, run: Run): void {
    if (run.trace === undefined) return;
    const { execute, run: span, waitedFromMs } = run.trace;
    const options = executeOptions(episode, run, waitedFromMs);
    this.#open.set(run.id, {
      execute: this.telemetry.start('resume.execute', { ...options, ...as(execute) }),
      run: this.telemetry.start(`resume.${kindOf(episode, run)}`, {
        ...under(execute),
        ...as(span),
        startMs: run.startedAtMs,
      }),
    });
  }

  /** The process of the run has ended. */
  runEnded(runId: string, result: string): void {
    const open = this.#open.get(runId);
    open?.run.set({ outcome: result });
    open?.run.end();
    if (open?.execute === undefined) this.#open.delete(runId);
  }

  /** Tells the proof, which began at `startMs`, and ends the attempt. */
  proved(runId: string, outcome: string, startMs: number): void {
    const open = this.#open.get(runId);
    if (open?.execute === undefined) return;
    this.#open.delete(runId);
    const within = under(open.execute.traceparent);
    this.telemetry.start('resume.verify', { ...within, startMs, attributes: { outcome } }).end();
    open.execute.set({ outcome });
    open.execute.end();
  }

  /** The attempt came to nothing before its run began. */
  notStarted(runId: string, message: string): void {
    const open = this.#open.get(runId);
    open?.run.fail(message);
    this.runEnded(runId, 'not-started');
    this.proved(runId, 'not-started', this.clock.nowMs());
  }
}

function executeOptions(episode: Episode, run: Run, startMs: number): SpanOptions {
  const attributes = {
    agent: episode.agent,
    stop_reason: episode.stop.reason,
    strategy: kindOf(episode, run),
    attempt: episode.attempts + (episode.state === 'waiting' || episode.state === 'gated' ? 1 : 0),
    wait_duration_ms: Math.max(0, run.startedAtMs - startMs),
  };
  const place = episode.trace === undefined ? { root: true } : { parent: episode.trace };
  return { ...place, startMs, attributes };
}

function as(identity: TraceParent | undefined): { as?: TraceParent } {
  return identity === undefined ? {} : { as: identity };
}

function kindOf(episode: Episode, run: Run): 'same_session' | 'new_session' {
  return run.sessionId === episode.sessionId ? 'same_session' : 'new_session';
}
