import { refine } from '../core/judge.js';
import { breachOf } from '../core/verify.js';
import type { Run, RunOutcome } from '../core/run.js';
import type { RecordRef, SessionSnapshot, Turn } from '../core/session.js';
import { evidence, type Stop, type Verdict } from '../core/stop.js';

/** Exit codes above this one tell of a signal, as shells and most programs have it. */
const SIGNAL_EXITS = 128;

/** The rule of a verdict on work in somebody's process that was stopped there for us. */
export const HALTED = 'halted';

/** Whether it was stopped for us, which its records show as an interruption. */
export function isHalted(verdict: Pick<Verdict, 'evidence'> | undefined): boolean {
  return verdict?.evidence.rule === HALTED;
}

/** True when the session shows work of the model that began after the run did. */
export function hasProgressed({ startedAtMs }: Run, session: SessionSnapshot | undefined): boolean {
  const work = session?.view.lastWork;
  return work !== undefined && work.atMs >= startedAtMs;
}

/**
 * What of its contract the run did not keep. In a process of somebody else that one's own settings count, but for a
 * daemon, which was told ours.
 */
export function breachIn(run: Run, session: SessionSnapshot | undefined): string | undefined {
  if (session === undefined || (run.live === true && run.strategy !== 'daemon')) return undefined;
  return breachOf(run.contract, session.view);
}

/**
 * The one stop that the end of a run and the session's records tell of: two sources, one stop. The record's
 * own id names it; the more exact reset wins. Undefined when the run did what it should.
 */
export function stopAfter(
  run: Run,
  outcome: RunOutcome,
  session: SessionSnapshot | undefined,
): Stop | undefined {
  if (outcome.aborted === true || isHalted(outcome.verdict)) return abortedAt(run, outcome, session);
  return seenAfter(run, outcome, session);
}

/** What a person had ended stands where its session shows it to. */
function abortedAt(run: Run, outcome: RunOutcome, session: SessionSnapshot | undefined): Stop | undefined {
  if (outcome.verdict === undefined) return undefined;
  const { recordId, atMs } = session?.stop ?? placeOf(session?.view.turn, run, outcome);
  return { ...outcome.verdict, recordId, atMs };
}

function seenAfter(run: Run, outcome: RunOutcome, session: SessionSnapshot | undefined): Stop | undefined {
  const seen = session?.stop;
  // Records that hold no reason, or only break off, are no better than the output that names one.
  if (seen?.reason === 'unknown' || seen?.reason === 'crash') return { ...seen, ...outcome.verdict };
  if (seen !== undefined && seen.reason !== 'completed') return { ...seen, ...refine(seen, outcome.verdict) };
  if (outcome.result === 'ok' || (outcome.result === 'none' && seen?.reason === 'completed'))
    return undefined;
  const turn = session?.view.turn;
  const verdict = outcome.verdict ?? died(outcome, turn?.kind === 'open');
  return { ...verdict, ...placeOf(turn, run, outcome) };
}

/** The record a failed run stopped at; where the session shows none, the run itself. */
function placeOf(turn: Turn | undefined, run: Run, outcome: RunOutcome): RecordRef {
  if (turn === undefined || turn.kind === 'none' || turn.kind === 'ended')
    return { recordId: outcome.recordId ?? run.id, atMs: run.endedAtMs ?? run.startedAtMs };
  return { recordId: turn.recordId, atMs: turn.atMs };
}

function died({ exitCode, signal }: RunOutcome, wasUnfinished: boolean): Verdict {
  const how = signal ?? (exitCode === undefined ? 'an unknown exit' : `exit code ${exitCode}`);
  const text = `the process ended with ${how} and no result`;
  // An agent that ends by itself in the middle of a turn may have been interrupted; a signal is nobody's wish.
  const isSure = signal !== undefined || exitCode === undefined || exitCode > SIGNAL_EXITS;
  return wasUnfinished
    ? { reason: 'crash', confidence: isSure ? 1 : 0.5, evidence: evidence('process', 'no-result', text) }
    : { reason: 'unknown', confidence: 0, evidence: evidence('process', 'no-result', text) };
}
