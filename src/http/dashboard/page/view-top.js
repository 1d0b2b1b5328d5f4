import { html, nothing } from '../lit-html/lit-html.js';
import { clock, duration, folderName, shortId } from './format.js';
import { timeToGo } from './view-parts.js';

/** @import { App } from './main.js' */
/** @import { Wait } from './answers.d.ts' */

const CONNECTIONS = {
  connecting: { label: 'connecting', title: 'Asking the service for the first time' },
  live: { label: 'live', title: 'The service tells what happens as it happens' },
  polling: { label: 'polling', title: 'The service has no event stream; it is asked every few seconds' },
  offline: { label: 'offline', title: 'The service does not answer; it is asked again every few seconds' },
  locked: { label: 'locked', title: 'The service wants a token' },
};

/** @param {App} app */
export function header(app) {
  const { status } = app.model;
  const { label, title } = CONNECTIONS[app.connection];
  return html`<header class="top">
    <h1><img src="dashboard/page/icon.svg" alt="" width="28" height="28" />Palingenesis</h1>
    <span class="connection" data-connection=${app.connection} title=${title}
      ><span class="dot"></span>${label}</span
    >
    ${status === undefined ? nothing : html`<span class="fine">${status.version} · up ${duration(app.uptimeMs)}</span>`}
    <span class="space"></span>
    ${status === undefined ? nothing : pauseButton(app, status.state === 'paused')}
  </header>`;
}

/**
 * @param {App} app
 * @param {boolean} isPaused
 */
function pauseButton(app, isPaused) {
  const kind = isPaused ? 'go-on' : 'pause';
  return html`<button class=${isPaused ? 'primary' : ''} @click=${() => app.ask({ kind })}>
    ${isPaused ? html`${glyph('▶')} Go on` : html`${glyph('❚❚')} Pause`}
  </button>`;
}

/** @param {string} sign */
function glyph(sign) {
  return html`<span class="glyph" aria-hidden="true">${sign}</span>`;
}

/**
 * What stands in the way of the whole page, or of acting.
 * @param {App} app
 */
export function banners(app) {
  const { problem, status } = app.model;
  return html`
    ${
      problem !== undefined && problem.status !== 401
        ? html`<div class="banner" data-tone="need" role="alert">
            <strong
              >${problem.status === 0 ? 'The service does not answer.' : 'The service could not tell.'}</strong
            >
            <span>
              ${problem.status === 0 ? 'It is asked again every few seconds.' : problem.message}
              ${status === undefined ? nothing : ` Below is how it stood at ${clock(app.seenAt, app.nowMs)}.`}
            </span>
            <button @click=${() => app.retry()}>Try again</button>
          </div>`
        : nothing
    }
    ${
      status?.state === 'paused'
        ? html`<div class="banner" data-tone="wait">
            <strong>Paused.</strong
            ><span>Stops are seen and recorded; nothing is resumed until you let it go on.</span>
          </div>`
        : nothing
    }
  `;
}

/** @param {App} app */
export function tiles(app) {
  const { status, sessions, open } = app.model;
  if (status === undefined)
    return html`<section class="tiles" aria-label="At a glance">${blankTiles()}</section>`;
  const next = nextWait(status.waits);
  const working = sessions.filter(({ state }) => state === 'working').length;
  const need = [...open.values()].filter(({ state }) => state === 'parked').length;
  const waits = [...open.values()].filter(({ due_at: dueAt }) => dueAt !== null).length;
  return html`<section class="tiles" aria-label="At a glance">
    ${tile('Next resume', nextResume(app, next), next === undefined ? 'nothing is waiting' : whose(app, next), next && 'wait')}
    ${tile('Waiting', waits, waits === 1 ? 'session' : 'sessions')}
    ${tile('Working', working, `of ${app.model.total} known`)}
    ${tile('Needs you', need, need === 0 ? 'all is well' : 'parked, see why', need > 0 ? 'need' : undefined)}
    ${tile('Saves', status.saves, savedTime(status.time_saved_s), 'good')}
  </section>`;
}

function blankTiles() {
  return ['Next resume', 'Waiting', 'Working', 'Needs you', 'Saves'].map((name) => tile(name, '–', ' '));
}

/**
 * @param {string} name
 * @param {unknown} value
 * @param {unknown} note
 * @param {string} [tone]
 */
function tile(name, value, note, tone) {
  return html`<div class="tile" data-tone=${tone ?? nothing}>
    <h2>${name}</h2>
    <p class="value">${value}</p>
    <p class="note">${note}</p>
  </div>`;
}

/** @param {Wait[]} waits */
function nextWait(waits) {
  return waits
    .filter(({ due_at: dueAt }) => dueAt !== null)
    .toSorted((a, b) => String(a.due_at).localeCompare(String(b.due_at)))[0];
}

/**
 * @param {App} app
 * @param {Wait | undefined} next
 */
function nextResume(app, next) {
  return next === undefined ? '–' : timeToGo(next.due_at, app.nowMs, app.isPaused);
}

/**
 * @param {App} app
 * @param {Wait} next
 */
function whose(app, { session_id: id, due_at: dueAt }) {
  const cwd = app.model.open.get(id)?.launch_contract?.cwd;
  return html`<a href=${`#/session/${id}`}>${folderName(cwd) ?? shortId(id)}</a> at
    ${clock(String(dueAt), app.nowMs)}`;
}

/** @param {number | null | undefined} seconds */
function savedTime(seconds) {
  return typeof seconds === 'number' && seconds > 0
    ? `${duration(seconds * 1000)} saved`
    : 'proved by new work';
}
