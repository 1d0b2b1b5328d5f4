import { html, nothing } from '../lit-html/lit-html.js';
import { folderName, shortId, words } from './format.js';
import { empty, skeleton, statePill, timeAgo } from './view-parts.js';

/** @import { App } from './main.js' */
/** @import { Episode } from './answers.d.ts' */

const SHOWN = 8;

/** @param {App} app */
export function recentPanel(app) {
  const { recent, status } = app.model;
  return html`<section class="panel recent" aria-labelledby="recent-title">
    <div class="panel-head"><h2 id="recent-title">Recent episodes</h2></div>
    ${
      status === undefined
        ? skeleton(3)
        : recent.length === 0
          ? empty('No stop seen yet', 'Each stop of a session, and what was done about it, is listed here.')
          : html`<ul class="history">
              ${recent.slice(0, SHOWN).map((episode) => item(app, episode))}
            </ul>`
    }
  </section>`;
}

/**
 * @param {App} app
 * @param {Episode} episode
 */
function item(
  app,
  { id, state, stop, session_id: sessionId, launch_contract: contract, updated_at: at, attempts },
) {
  return html`<li aria-current=${app.model.detail?.episode?.id === id ? 'true' : nothing}>
    ${statePill(state)}
    <a href=${`#/episode/${id}`}>${folderName(contract?.cwd) ?? shortId(sessionId)}</a>
    <span class="fine reason">${words(stop.reason)}${attempts > 1 ? `, ${attempts} attempts` : ''}</span>
    <span class="fine">${timeAgo(at, app.nowMs)}</span>
  </li>`;
}
