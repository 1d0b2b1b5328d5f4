import { html, nothing } from '../lit-html/lit-html.js';
import { ago, clock, countdown } from './format.js';
import { labelOf, toneOf } from './states.js';

/** @import { Action } from './states.js' */

/** @typedef {{ kind: Action | 'pause' | 'go-on', sessionId?: string, name?: string }} Wish */

/** @type {Record<Wish['kind'], string>} */
export const ACTION_LABELS = {
  resume: 'Resume now',
  'new-session': 'New session',
  skip: 'Skip',
  abort: 'Abort',
  ack: 'Acknowledge',
  pause: 'Pause',
  'go-on': 'Go on',
};

/** @param {string} state */
export function statePill(state) {
  return html`<span class="pill" data-tone=${toneOf(state)}
    ><span class="dot"></span>${labelOf(state)}</span
  >`;
}

/**
 * The time to go to a due time; no live region, it changes each second.
 * @param {string | null | undefined} dueAt
 * @param {number} nowMs
 * @param {boolean} isPaused
 */
export function timeToGo(dueAt, nowMs, isPaused) {
  if (dueAt == null) return nothing;
  const leftMs = Date.parse(dueAt) - nowMs;
  const text = leftMs > 0 ? countdown(leftMs) : isPaused ? 'held' : 'due';
  return html`<time class="countdown" datetime=${dueAt} title=${`at ${clock(dueAt, nowMs)}`}>${text}</time>`;
}

/**
 * @param {string | null | undefined} at
 * @param {number} nowMs
 */
export function timeAgo(at, nowMs) {
  if (at == null) return nothing;
  return html`<time datetime=${at} title=${clock(at, nowMs)}>${ago(nowMs - Date.parse(at))}</time>`;
}

/**
 * @param {string} title
 * @param {unknown} hint
 */
export function empty(title, hint) {
  return html`<div class="empty">
    <p class="empty-title">${title}</p>
    <p>${hint}</p>
  </div>`;
}

/** @param {number} lines */
export function skeleton(lines) {
  return html`<div class="skeleton" aria-hidden="true">
    ${Array.from({ length: lines }, () => html`<i></i>`)}
  </div>`;
}

/**
 * A line of a list of facts; nothing where it is not known.
 * @param {string} name
 * @param {unknown} value
 */
export function fact(name, value) {
  return value === null || value === ''
    ? nothing
    : html`<div>
        <dt>${name}</dt>
        <dd>${value}</dd>
      </div>`;
}
