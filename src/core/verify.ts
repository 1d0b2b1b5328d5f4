import type { Run, RunOutcome } from './run.js';
import type { LaunchContract, SessionView } from './session.js';
import type { EpochMs, Stop } from './stop.js';

const ANY_MODEL = /^(?:auto|default|inherit|opusplan)/;

/** What a finished resume amounts to. */
export type Proof = Readonly<
  | { kind: 'saved'; why: string }
  | { kind: 'denied'; why: string }
  | { kind: 'no-progress'; stop: Stop | undefined; why: string }
>;

/** What of the contract a resumed session did not keep, in words, as far as its records tell; undefined where it did. */
export function breachOf(contract: LaunchContract, seen: SessionView): string | undefined {
  const { model, permissionMode, effort } = contract;
  const breaches = [
    isSameModel(model, seen.model) ? '' : `model ${seen.model} instead of ${model}`,
    isSame(permissionMode, seen.permissionMode)
      ? ''
      : `as ${seen.permissionMode} instead of ${permissionMode}`,
    isSame(effort, seen.effort) ? '' : `effort ${seen.effort} instead of ${effort}`,
  ].filter((breach) => breach !== '');
  return breaches.length === 0 ? undefined : `the session works on with ${breaches.join(', ')}`;
}

function isSame(wanted: string | undefined, seen: string | undefined): boolean {
  return wanted === undefined || seen === undefined || wanted === seen;
}

/** A name may be short for another (`opus`), name a variant (`opus[1m]`), or leave the choice to the agent. */
function isSameModel(wanted: string | undefined, seen: string | undefined): boolean {
  if (wanted === undefined || seen === undefined) return true;
  const [a, b] = [wanted, seen].map((name) => name.toLowerCase().replace(/\[.*\]$/, ''));
  return ANY_MODEL.test(a ?? '') || (a ?? '').includes(b ?? '') || (b ?? '').includes(a ?? '');
}

/**
 * Judges a resume by what the session shows: saved only after new assistant work. Work that was then cut
 * short is still a save, the cut is a stop of its own; a run whose tools were refused did nothing that counts, and
 * one that broke the launch contract is for a human to look at.
 */
export function prove(
  outcome: RunOutcome,
  progressed: boolean,
  stop: Stop | undefined,
  breach?: string,
): Proof {
  if (outcome.deniedTools.length > 0)
    return {
      kind: 'denied',
      why: `the resumed run was refused ${[...new Set(outcome.deniedTools)].join(', ')}`,
    };
  if (progressed && breach !== undefined) return { kind: 'denied', why: breach };
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
