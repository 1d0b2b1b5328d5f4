import type { ProcessExit } from './ports/process-host.js';
import type { TraceParent } from './ports/telemetry.js';
import type { LaunchContract } from './session.js';
import { evidence, type EpochMs, type StopReason, type Verdict } from './stop.js';

/** What the structured output of a finished run says. `none`: it ended without saying how. */
export type RunOutcome = Readonly<{
  result: 'ok' | 'failed' | 'none';
  /** Why it failed; with the agent's own id of the error record where it gives one. */
  verdict?: Verdict;
  recordId?: string;
  /** Tools the agent refused for lack of permission. Exit code 0 does not mean work was done. */
  deniedTools: readonly string[];
  exitCode?: number;
  signal?: string;
  /** A person had it ended: what it did not finish is not taken up again. */
  aborted?: true;
}>;

export type RunEnding = Pick<RunOutcome, 'deniedTools' | 'exitCode' | 'signal'>;

/** The part of an outcome that the exit of the process tells. */
export function endingOf({ code, signal }: ProcessExit, deniedTools: readonly string[] = []): RunEnding {
  return {
    deniedTools,
    ...(code === undefined ? {} : { exitCode: code }),
    ...(signal === undefined ? {} : { signal }),
  };
}

export type RunKind = 'launch' | 'resume';

/** The spans of a run, told to the next process when this one cannot end them. */
export type RunTrace = Readonly<{
  execute?: TraceParent | undefined;
  run?: TraceParent | undefined;
  waitedFromMs: EpochMs;
}>;

/**
 * One piece of work of ours on a session; stored before it is started. Mostly a child process; where `live` is set, a
 * process of somebody else that was told to go on.
 */
export type Run = Readonly<{
  id: string;
  kind: RunKind;
  agent: string;
  /** The run's own id as long as its agent has not said which session it began. */
  sessionId: string;
  episodeId?: string;
  /** Of a resume: `resumeKey` of its episode as it was; no other run ever has it. */
  key?: string;
  /** Of a resume: why the session had stopped. */
  stopReason?: StopReason;
  contract: LaunchContract;
  /** The id of the strategy that chose it. */
  strategy?: string;
  live?: true;
  pid?: number;
  procStart?: string;
  startedAtMs: EpochMs;
  endedAtMs?: EpochMs;
  outcome?: RunOutcome;
  trace?: RunTrace;
  /** Who had it ended, in words; stored before it is told to. */
  abortedBy?: string;
}>;

/** How a run ended that a person had ended: as that person's wish, unless it was done already. */
export function abortedOutcome(outcome: RunOutcome, by: string): RunOutcome {
  const verdict: Verdict = {
    reason: 'user_exit',
    confidence: 1,
    evidence: evidence('control', 'aborted', `aborted by ${by}`),
  };
  return outcome.result === 'ok' ? outcome : { ...outcome, verdict, aborted: true };
}

/** False while the agent is still to choose the session of a launched run. */
export function isNamed({ id, sessionId }: Run): boolean {
  return sessionId !== id;
}
