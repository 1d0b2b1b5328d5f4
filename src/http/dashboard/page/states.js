import { words } from './format.js';

/** @import { Session } from './answers.d.ts' */

/** @typedef {'busy' | 'wait' | 'need' | 'good' | 'calm'} Tone */
/** @typedef {'resume' | 'new-session' | 'skip' | 'abort' | 'ack'} Action */

/** @type {Record<string, Tone>} */
const TONES = {
  starting: 'busy',
  working: 'busy',
  resuming: 'busy',
  verifying: 'busy',
  preflight: 'busy',
  detected: 'wait',
  planned: 'wait',
  waiting: 'wait',
  gated: 'wait',
  parked: 'need',
  gave_up: 'need',
  saved: 'good',
  completed: 'good',
};

/** What comes first in the list: what needs somebody, then what moves. */
const ORDER = ['parked', 'verifying', 'resuming', 'preflight', 'gated', 'detected', 'planned', 'waiting'];
/** Sessions in these are not under way. */
const QUIET = new Set(['listed', 'completed', 'stopped', 'cancelled', 'saved', 'gave_up']);
/** Episodes in these have come to their end. */
export const CLOSED = new Set(['saved', 'cancelled', 'gave_up']);
/** Episodes in these are waited for. */
const AHEAD = new Set(['detected', 'planned', 'waiting', 'gated', 'preflight']);
const RUNNING = new Set(['resuming', 'verifying']);

/**
 * A state this page has never heard of is shown by its own name.
 * @param {string} state
 * @returns {Tone}
 */
export function toneOf(state) {
  return TONES[state] ?? 'calm';
}

/** @param {string} state */
export function labelOf(state) {
  return state === 'parked' ? 'needs you' : words(state);
}

/** @param {string} state */
export function isActive(state) {
  return !QUIET.has(state);
}

/**
 * @param {Session} a
 * @param {Session} b
 */
export function byUrgency(a, b) {
  return rank(a.state) - rank(b.state) || (b.last_activity_at ?? '').localeCompare(a.last_activity_at ?? '');
}

/** @param {string} state */
function rank(state) {
  const place = ORDER.indexOf(state);
  if (place >= 0) return place;
  return isActive(state) ? ORDER.length : ORDER.length + 1;
}

/**
 * What can be asked for while a session is in this state, the likeliest first.
 * @param {string} state
 * @param {string | undefined} reason
 * @param {boolean} isOurs a run of ours is under way in it
 * @returns {Action[]}
 */
export function actionsIn(state, reason, isOurs = false) {
  if (AHEAD.has(state)) return ['resume', 'skip'];
  if (RUNNING.has(state)) return ['abort'];
  if (state === 'parked')
    return reason === 'context_exhausted'
      ? ['new-session', 'resume', 'ack']
      : ['resume', 'new-session', 'ack'];
  return isOurs ? ['abort'] : [];
}
