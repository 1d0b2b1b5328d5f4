import { CLOSED } from './states.js';

/** @import { AuditLine, EpisodeDetail } from './answers.d.ts' */

/**
 * `done`: it happened. `now`: it is happening. `ahead`: it may still come. `passed`: it was not needed.
 * `ended`: the episode ended here without being saved, or a human has to go on from here.
 * @typedef {'done' | 'now' | 'ahead' | 'passed' | 'ended'} StepState
 * @typedef {{ name: string, state: StepState, at: string | undefined }} Step
 */

const NAMES = ['seen', 'classified', 'wait', 'canary', 'resumed', 'progress'];

/** Which step a state of an episode belongs to. */
const STEP_OF = new Map([
  ['detected', 1],
  ['planned', 2],
  ['waiting', 2],
  ['gated', 3],
  ['preflight', 3],
  ['resuming', 4],
  ['verifying', 5],
  ['saved', 5],
]);

/**
 * Where an episode stands on its way from the stop to the proof, as its audit trail tells. After a resume that did
 * not do it the way begins again at the wait.
 * @param {Pick<EpisodeDetail, 'audit' | 'state' | 'stop'>} episode
 * @returns {Step[]}
 */
export function stepsOf({ audit, state, stop }) {
  const at = timesOf(audit, stop.at);
  const reached = at.findLastIndex((time) => time !== undefined);
  return NAMES.map((name, index) => ({
    name,
    state: stateAt(index, reached, state, at[index]),
    at: at[index],
  }));
}

/**
 * @param {AuditLine[]} audit
 * @param {string} seenAt
 */
function timesOf(audit, seenAt) {
  /** @type {(string | undefined)[]} */
  const at = [seenAt, ...Array.from({ length: NAMES.length - 1 }, () => undefined)];
  for (const { to, at: time } of audit) {
    const step = STEP_OF.get(to);
    if (step === undefined) continue;
    // A step back begins anew; a step named twice began the first time, the proof of progress excepted.
    at.fill(undefined, step + 1);
    if (at[step] === undefined || to === 'saved') at[step] = time;
  }
  return at;
}

/**
 * @param {number} index
 * @param {number} reached
 * @param {string} episodeState
 * @param {string | undefined} at
 * @returns {StepState}
 */
function stateAt(index, reached, episodeState, at) {
  if (index > reached) return 'ahead';
  if (index < reached) return at === undefined ? 'passed' : 'done';
  if (episodeState === 'saved') return 'done';
  return CLOSED.has(episodeState) || episodeState === 'parked' ? 'ended' : 'now';
}

/**
 * The lines of a trail with the time since the one before.
 * @param {AuditLine[]} audit
 * @returns {(AuditLine & { afterMs: number | undefined })[]}
 */
export function trailOf(audit) {
  return audit.map((line, index) => {
    const before = audit[index - 1];
    return {
      ...line,
      afterMs: before === undefined ? undefined : Date.parse(line.at) - Date.parse(before.at),
    };
  });
}
