import { html, nothing } from '../lit-html/lit-html.js';
import { repeat } from '../lit-html/directives/repeat.js';
import { folderName, localized, shortId, words } from './format.js';
import { actionsIn, byUrgency, isActive } from './states.js';
import { ACTION_LABELS, empty, skeleton, statePill, timeAgo, timeToGo } from './view-parts.js';

/** @import { App } from './main.js' */
/** @import { Episode, Session } from './answers.d.ts' */

/** @type {Record<string, { label: string, has: (session: Session) => boolean }>} */
const FILTERS = {
  active: { label: 'Active', has: ({ state }) => isActive(state) },
  need: { label: 'Needs you', has: ({ state }) => state === 'parked' },
  all: { label: 'All', has: () => true },
};

/** @param {App} app */
export function sessionsPanel(app) {
  const { sessions, status } = app.model;
  const shown = sessions.filter(FILTERS[app.filter]?.has ?? (() => true)).toSorted(byUrgency);
  return html`<section class="panel sessions" id="sessions" tabindex="-1" aria-labelledby="sessions-title">
    <div class="panel-head">
      <h2 id="sessions-title">Sessions</h2>
      ${filters(app)}
    </div>
    ${status === undefined ? skeleton(4) : shown.length === 0 ? nothingShown(app) : table(app, shown)}
  </section>`;
}

/** @param {App} app */
function filters(app) {
  const { sessions } = app.model;
  return html`<div class="segments" role="group" aria-label="Which sessions are shown">
    ${Object.entries(FILTERS).map(
      ([id, { label, has }]) =>
        html`<button aria-pressed=${app.filter === id} @click=${() => app.show(id)}>
          ${label} <span class="count">${sessions.filter(has).length}</span>
        </button>`,
    )}
  </div>`;
}

/** @param {App} app */
function nothingShown(app) {
  if (app.model.total === 0)
    return empty(
      'No session yet',
      html`Start an agent anywhere on this machine, or hand work to one: <code>palingenesis run "…"</code>. It
        shows up here by itself.`,
    );
  if (app.filter === 'need')
    return empty('Nobody needs you', 'What has to be decided by a human would be listed here.');
  return empty('All is quiet', `None of those known is under way. “All” lists them.`);
}

/**
 * @param {App} app
 * @param {Session[]} sessions
 */
function table(app, sessions) {
  return html`<table>
    <thead>
      <tr>
        <th scope="col">State</th>
        <th scope="col">Session</th>
        <th scope="col">Why</th>
        <th scope="col" class="number">Resumes in</th>
        <th scope="col" class="number">Active</th>
        <th scope="col"><span class="unseen">Action</span></th>
      </tr>
    </thead>
    <tbody>
      ${repeat(
        sessions,
        ({ id }) => id,
        (session) => row(app, session),
      )}
    </tbody>
  </table>`;
}

/**
 * @param {App} app
 * @param {Session} session
 */
function row(app, session) {
  const { id, agent, cwd, state } = session;
  const episode = app.model.open.get(id);
  const name = folderName(cwd) ?? shortId(id);
  const isShown = app.shownSessionId === id;
  return html`<tr data-session=${id} data-state=${state} aria-current=${isShown ? 'true' : nothing}>
    <td class="cell-state">${statePill(state)}</td>
    <th scope="row" class="cell-name">
      <a href=${`#/session/${id}`} title=${cwd ?? id}>${name}</a>
      <span class="fine">${agent} · <span class="mono">${shortId(id)}</span></span>
    </th>
    <td class="cell-why">${reasonTag(session)} ${whyOf(session, episode, app.nowMs)}</td>
    <td class="cell-due number">${timeToGo(episode?.due_at, app.nowMs, app.isPaused)}</td>
    <td class="cell-active number fine">${timeAgo(session.last_activity_at, app.nowMs)}</td>
    <td class="cell-action">${firstAction(app, session, name)}</td>
  </tr>`;
}

/** @param {Session} session */
function reasonTag({ stop, state }) {
  if (stop === null || state === 'working' || state === 'completed') return nothing;
  return html`<span class="tag">${words(stop.reason)}</span>`;
}

/**
 * @param {App} app
 * @param {Session} session
 * @param {string} name
 */
function firstAction(app, { id, state, stop }, name) {
  const kind = actionsIn(state, stop?.reason).find((action) => !app.missing.has(action));
  if (kind === undefined) return nothing;
  return html`<button
    class="small"
    aria-label=${`${ACTION_LABELS[kind]}: ${name}`}
    @click=${() => app.ask({ kind, sessionId: id, name })}
  >
    ${ACTION_LABELS[kind]}
  </button>`;
}

/**
 * The reason stands beside it already.
 * @param {Session} session
 * @param {Episode | undefined} episode
 * @param {number} nowMs
 */
function whyOf({ stop }, episode, nowMs) {
  if (episode === undefined) return '';
  const why = localized(episode.why, nowMs);
  return stop !== null && why.startsWith(stop.reason) ? why.slice(stop.reason.length).replace(/^:/, '') : why;
}
