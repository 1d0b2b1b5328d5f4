import { html, nothing } from '../lit-html/lit-html.js';
import { clock, clockSeconds, duration, folderName, localized, shortId, timeOfDay, words } from './format.js';
import { actionsIn, labelOf, toneOf } from './states.js';
import { stepsOf, trailOf } from './timeline.js';
import { ACTION_LABELS, empty, skeleton, statePill, timeAgo, timeToGo } from './view-parts.js';

/** @import { App } from './main.js' */
/** @import { EpisodeDetail, Explanation, SessionDetail } from './answers.d.ts' */

const STEP_NOTES = {
  done: '',
  now: 'under way',
  ahead: 'to come',
  passed: 'not needed',
  ended: 'ended here',
};

/** @param {App} app */
export function detailPanel(app) {
  const { detail, selection, status } = app.model;
  const title = detail === undefined ? 'Episode' : nameOf(detail);
  return html`<section class="panel detail" id="detail" aria-labelledby="detail-title">
    <div class="panel-head">
      <a class="back" href="#/">← Sessions</a>
      <h2 id="detail-title" tabindex="-1">${title}</h2>
      ${detail === undefined ? nothing : statePill(detail.session?.state ?? detail.episode?.state ?? '')}
    </div>
    ${
      detail !== undefined
        ? body(app, detail)
        : selection !== undefined || status === undefined
          ? skeleton(6)
          : empty('Nothing chosen', 'Choose a session to see what happened to it, and why.')
    }
  </section>`;
}

/** @param {NonNullable<App['model']['detail']>} detail */
function nameOf({ session, episode }) {
  const id = session?.id ?? episode?.session_id ?? '';
  return folderName(session?.cwd ?? episode?.launch_contract?.cwd) ?? shortId(id);
}

/**
 * @param {App} app
 * @param {NonNullable<App['model']['detail']>} detail
 */
function body(app, detail) {
  const { session, episode, explanation } = detail;
  if (session === undefined && episode === undefined)
    return empty('Not known', 'The service knows no session or episode with this id.');
  return html`
    ${
      episode === undefined
        ? html`<p class="fine pad">It has not stopped while it was watched.</p>`
        : verdict(app, episode, explanation)
    }
    ${actions(app, detail)} ${episode === undefined ? nothing : [steps(episode), evidence(app, episode)]}
    ${session === undefined ? nothing : facts(app, session)}
    ${episode === undefined ? nothing : trail(app, episode)}
    ${session === undefined || session.episodes.length < 2 ? nothing : others(app, session, episode?.id)}
  `;
}

/**
 * @param {App} app
 * @param {SessionDetail} session
 */
function facts(app, session) {
  const { workflow } = session;
  return html`<dl class="facts">
    ${fact('Agent', [session.agent, session.version].filter(Boolean).join(' '))}
    ${fact('Folder', session.cwd)} ${fact('Model', session.model)}
    ${fact('Permission', session.permission_mode)}
    ${fact('Process', session.pid === null ? words(session.liveness) : `${session.pid}, ${words(session.liveness)}`)}
    ${fact('Active', timeAgo(session.last_activity_at, app.nowMs))}
    ${workflow?.progress == null ? nothing : fact('Workflow', progress(workflow.progress))}
    <div class="whole">
      <dt>Id</dt>
      <dd class="mono">${session.id}</dd>
    </div>
  </dl>`;
}

/**
 * @param {string} name
 * @param {unknown} value
 */
function fact(name, value) {
  return value === null || value === ''
    ? nothing
    : html`<div>
        <dt>${name}</dt>
        <dd>${value}</dd>
      </div>`;
}

/** @param {number} share */
function progress(share) {
  const percent = Math.round(share * 100);
  return html`<progress max="100" value=${percent}></progress> ${percent} %`;
}

/**
 * @param {App} app
 * @param {NonNullable<App['model']['detail']>} detail
 */
function actions(app, { session, episode }) {
  if (session === undefined) return nothing;
  const isOurs = session.runs.some(({ state }) => state === 'running');
  const kinds = actionsIn(session.state, episode?.stop.reason, isOurs).filter(
    (kind) => !app.missing.has(kind),
  );
  if (kinds.length === 0) return nothing;
  const name = folderName(session.cwd) ?? shortId(session.id);
  return html`<div class="actions" role="group" aria-label="What to do with it">
    ${kinds.map(
      (kind, index) =>
        html`<button
          class=${kind === 'abort' ? 'danger' : index === 0 ? 'primary' : ''}
          @click=${() => app.ask({ kind, sessionId: session.id, name })}
        >
          ${ACTION_LABELS[kind]}
        </button>`,
    )}
  </div>`;
}

/**
 * @param {App} app
 * @param {EpisodeDetail} episode
 * @param {Explanation | undefined} explanation
 */
function verdict(app, episode, explanation) {
  return html`<div class="verdict" data-tone=${toneOf(episode.state)}>
    ${
      episode.due_at === null
        ? nothing
        : html`<p class="big">
            ${timeToGo(episode.due_at, app.nowMs, app.isPaused)}
            <span class="fine">to the resume at ${clock(episode.due_at, app.nowMs)}</span>
          </p>`
    }
    ${(explained(explanation) ?? [episode.why]).map((text) => html`<p>${localized(text, app.nowMs)}</p>`)}
    ${listed('Held by', explanation?.blocked_by, app.nowMs)}
    ${listed('Would change it', explanation?.would_change, app.nowMs)}
  </div>`;
}

/**
 * @param {string} title
 * @param {unknown[] | undefined} items
 * @param {number} nowMs
 */
function listed(title, items, nowMs) {
  if (items === undefined || items.length === 0) return nothing;
  return html`<h3>${title}</h3>
    <ul>
      ${items.map((item) => html`<li>${localized(sentence(item), nowMs)}</li>`)}
    </ul>`;
}

/**
 * What was seen and what is planned; what holds it has a list of its own.
 * @param {Explanation | undefined} explanation
 */
function explained(explanation) {
  if (explanation === undefined) return undefined;
  const { text, seen, planned } = explanation;
  return seen === undefined || planned === undefined ? [text] : [`${seen}.`, `Next: ${planned}.`];
}

/** @param {unknown} item */
function sentence(item) {
  if (typeof item !== 'object' || item === null) return String(item);
  if (!('why' in item)) return JSON.stringify(item);
  const until = 'until' in item && typeof item.until === 'string' ? `, until ${item.until}` : '';
  return `${String(item.why)}${until}`;
}

/** @param {EpisodeDetail} episode */
function steps(episode) {
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
 * @param {App} app
 * @param {EpisodeDetail} episode
 */
function evidence(app, { stop }) {
  const { reason, confidence, evidence: seen, reset } = stop;
  return html`<dl class="facts evidence">
    ${fact('Reason', html`<strong>${words(reason)}</strong>, ${Math.round(confidence * 100)} % sure`)}
    ${fact('Evidence', html`<q>${seen.text}</q> <span class="fine">${seen.source}</span>`)}
    ${reset === null ? fact('Reset', 'none stated') : fact('Reset', html`${clock(reset.at, app.nowMs)} <span class="fine">${reset.source}</span>`)}
  </dl>`;
}

/**
 * @param {App} app
 * @param {EpisodeDetail} episode
 */
function trail(app, episode) {
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

/**
 * @param {App} app
 * @param {SessionDetail} session
 * @param {string | undefined} shownId
 */
function others(app, { episodes }, shownId) {
  return html`<details>
    <summary>All its episodes <span class="count">${episodes.length}</span></summary>
    <ul class="history">
      ${episodes.map(
        ({ id, state, stop, created_at: at }) =>
          html`<li aria-current=${id === shownId ? 'true' : nothing}>
            ${statePill(state)} <a href=${`#/episode/${id}`}>${words(stop.reason)}</a>
            <span class="fine">${timeAgo(at, app.nowMs)}</span>
          </li>`,
      )}
    </ul>
  </details>`;
}
