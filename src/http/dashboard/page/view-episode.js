import { html, nothing } from '../lit-html/lit-html.js';
import { clock, clockSeconds, duration, localized, timeOfDay, words } from './format.js';
import { labelOf, toneOf } from './states.js';
import { stepsOf, trailOf } from './timeline.js';
import { fact, timeToGo } from './view-parts.js';

/** @import { App } from './main.js' */
/** @import { EpisodeDetail, Explanation } from './answers.d.ts' */

const STEP_NOTES = {
  done: '',
  now: 'under way',
  ahead: 'to come',
  passed: 'not needed',
  ended: 'ended here',
};

/**
 * How it stands, in one look.
 * @param {App} app
 * @param {EpisodeDetail} episode
 * @param {Explanation | undefined} explanation
 */
export function verdict(app, { state, due_at: dueAt, why }, explanation) {
  const planned = explanation?.planned;
  return html`<div class="verdict" data-tone=${toneOf(state)}>
    ${
      dueAt === null
        ? nothing
        : html`<p class="big">
            ${timeToGo(dueAt, app.nowMs, app.isPaused)}
            <span class="fine">to the resume at ${clock(dueAt, app.nowMs)}</span>
          </p>`
    }
    <p>${localized(planned === undefined ? (explanation?.text ?? why) : `Next: ${planned}.`, app.nowMs)}</p>
  </div>`;
}

/** @param {EpisodeDetail} episode */
export function steps(episode) {
  return html`<ol class="steps" aria-label="From the stop to the proof">
    ${stepsOf(episode).map(
      ({ name, state, at }) =>
        html`<li data-step=${state} aria-current=${state === 'now' ? 'step' : nothing}>
          <span class="step-mark" aria-hidden="true"></span>
          <span class="step-name">${name}</span>
          <span class="fine"
            >${at === undefined || state === 'ahead' ? STEP_NOTES[state] : timeOfDay(at)}</span
          >
          ${
            at !== undefined && STEP_NOTES[state] !== ''
              ? html`<span class="unseen">${STEP_NOTES[state]}</span>`
              : nothing
          }
        </li>`,
    )}
  </ol>`;
}

/**
 * Why it stands so: what was seen, what holds it, and what would change that.
 * @param {App} app
 * @param {EpisodeDetail} episode
 * @param {Explanation | undefined} explanation
 */
export function reasons(app, { stop, why }, explanation) {
  const { reason, confidence, evidence, reset } = stop;
  const holding = explanation?.blocked_by?.filter(isMoreThanTime).map(sentence);
  return html`<dl class="facts reasons">
    ${fact('Reason', html`<strong>${words(reason)}</strong>, ${Math.round(confidence * 100)} % sure`)}
    ${fact('Evidence', html`<q>${evidence.text}</q> <span class="fine">${evidence.source}</span>`)}
    ${fact('Reset', reset === null ? 'none stated' : html`${clock(reset.at, app.nowMs)} <span class="fine">${reset.source}</span>`)}
    ${fact('Because', explanation?.planned === undefined ? null : localized(why, app.nowMs))}
    ${fact('Held by', lines(holding, app.nowMs))}
    ${fact('Changed by', lines(explanation?.would_change?.map(sentence), app.nowMs))}
  </dl>`;
}

/**
 * @param {string[] | undefined} texts
 * @param {number} nowMs
 */
function lines(texts, nowMs) {
  if (texts === undefined || texts.length === 0) return null;
  return html`<ul>
    ${texts.map((text) => html`<li>${localized(text, nowMs)}</li>`)}
  </ul>`;
}

/**
 * The countdown tells of the time.
 * @param {unknown} block
 */
function isMoreThanTime(block) {
  return !(typeof block === 'object' && block !== null && 'kind' in block && block.kind === 'due_time');
}

/** @param {unknown} item */
function sentence(item) {
  if (typeof item !== 'object' || item === null) return String(item);
  if (!('why' in item)) return JSON.stringify(item);
  const until = 'until' in item && typeof item.until === 'string' ? `, until ${item.until}` : '';
  return `${String(item.why)}${until}`;
}

/**
 * @param {App} app
 * @param {EpisodeDetail} episode
 */
export function trail(app, episode) {
  return html`<details open>
    <summary>Audit trail <span class="count">${episode.audit.length}</span></summary>
    <ol class="trail">
      ${trailOf(episode.audit).map(
        ({ at, to, why, afterMs }) =>
          html`<li data-tone=${toneOf(to)}>
            <time datetime=${at} title=${clock(at, app.nowMs)}>${clockSeconds(at)}</time>
            <span class="trail-state">${labelOf(to)}</span>
            <span class="trail-why">${localized(why, app.nowMs)}</span>
            <span class="fine trail-after"
              >${afterMs === undefined || afterMs < 1000 ? '' : `+${duration(afterMs)}`}</span
            >
          </li>`,
      )}
    </ol>
  </details>`;
}
