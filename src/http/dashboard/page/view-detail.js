import { html, nothing } from '../lit-html/lit-html.js';
import { folderName, shortId, words } from './format.js';
import { actionsIn } from './states.js';
import { reasons, steps, trail, verdict } from './view-episode.js';
import { ACTION_LABELS, empty, fact, skeleton, statePill, timeAgo } from './view-parts.js';

/** @import { App } from './main.js' */
/** @import { SessionDetail } from './answers.d.ts' */

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
    ${episode === undefined ? html`<p class="fine pad">It has not stopped while it was watched.</p>` : verdict(app, episode, explanation)}
    ${actions(app, detail)}
    ${episode === undefined ? nothing : [steps(episode), reasons(app, episode, explanation)]}
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
