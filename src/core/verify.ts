import type { Run, RunOutcome } from './run.js';
import type { EpochMs, Stop } from './stop.js';

/** What a finished resume amounts to. */
export type Proof = Readonly<
  | { kind: 'saved'; why: string }
  | { kind: 'denied'; why: string }
  | { kind: 'no-progress'; stop: Stop | undefined; why: string }
>;

/**
 * Judges a resume by what the session shows: saved only after new assistant work. Work that was then cut
 * short is still a save, the cut is a stop of its own; a run whose tools were refused did nothing that counts.
 */
export function prove(outcome: RunOutcome, progressed: boolean, stop: Stop | undefined): Proof {
  if (outcome.deniedTools.length > 0)
    return {
      kind: 'denied',
      why: `the resumed run was refused ${[...new Set(outcome.deniedTools)].join(', ')}`,
    };
  if (progressed) return { kind: 'saved', why: 'new assistant work after the resume' };
  const ending = outcome.verdict?.reason ?? stop?.reason;
  const why =
    ending === undefined
      ? 'the resume ended without new work'
      : `the resume ended without new work: ${ending}`;
  return { kind: 'no-progress', stop, why };
}

/**
 * How long the session worked in the resume that saved it: from its start to its last piece of work, at most `capMs`.
 * Without us it would have stood still meanwhile; when somebody would have come back is not known, hence the cap.
 */
export function timeSavedMs(
  { startedAtMs }: Pick<Run, 'startedAtMs'>,
  lastWorkMs: EpochMs | undefined,
  capMs: number,
): number {
  return Math.min(capMs, Math.max(0, (lastWorkMs ?? startedAtMs) - startedAtMs));
}
