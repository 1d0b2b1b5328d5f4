import { html, nothing } from '../lit-html/lit-html.js';
import { clock, countdown, localized, words } from './format.js';
import { empty } from './view-parts.js';
import { passedOf } from './windows.js';

/** @import { App } from './main.js' */
/** @import { Account, LimitWindow } from './answers.d.ts' */

const GATES = {
  open: 'good',
  canary: 'wait',
  slow_start: 'wait',
  breaker: 'need',
};

/**
 * Hidden where the service tells nothing of accounts.
 * @param {App} app
 */
export function accountsPanel(app) {
  const { accounts } = app.model;
  if (accounts === undefined) return nothing;
  return html`<section class="panel accounts" aria-labelledby="accounts-title">
    <div class="panel-head"><h2 id="accounts-title">Accounts</h2></div>
    ${
      accounts.length === 0
        ? empty('No account yet', 'One appears with the first session that runs on it.')
        : html`<ul class="plain">
            ${accounts.map((account) => accountView(app, account))}
          </ul>`
    }
  </section>`;
}

/**
 * @param {App} app
 * @param {Account} account
 */
function accountView(app, account) {
  const { agent, home, windows, gate, available, why, running, waiting } = account;
  const tone = Object.entries(GATES).find(([name]) => name === gate)?.[1] ?? 'calm';
  const label = available || gate !== 'open' ? words(gate) : 'limited';
  return html`<li class="account">
    <p class="account-head">
      <strong>${agent}</strong>
      <span class="fine mono path" title=${home}>${home}</span>
      <span class="pill" data-tone=${available ? tone : gate === 'open' ? 'wait' : tone}
        ><span class="dot"></span>${label}</span
      >
    </p>
    ${windows.map((window) => windowBar(app, window))}
    <p class="fine">
      ${[`${running} running`, `${waiting} waiting`, localized(why, app.nowMs)].filter(Boolean).join(' · ')}
    </p>
  </li>`;
}

/**
 * @param {App} app
 * @param {LimitWindow} window
 */
function windowBar(app, window) {
  const { kind, resets_at: resetsAt } = window;
  const passed = passedOf(window, app.nowMs);
  const percent = passed === undefined ? undefined : Math.round(passed * 1000) / 10;
  const leftMs = resetsAt === null ? undefined : Date.parse(resetsAt) - app.nowMs;
  const text = resetsAt === null ? 'no reset stated' : `resets ${clock(resetsAt, app.nowMs)}`;
  return html`<div class="window">
    <span class="window-name">${words(kind)}</span>
    <div
      class="bar"
      role="progressbar"
      aria-label=${`${words(kind)} window, ${text}`}
      aria-valuenow=${percent === undefined ? nothing : Math.round(percent)}
      aria-valuetext=${text}
      data-unknown=${percent === undefined}
    >
      <svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
        <rect width=${percent ?? 100} height="1"></rect>
      </svg>
    </div>
    <span class="window-left">${leftMs === undefined ? '' : countdown(leftMs)}</span>
    <span class="fine">${text}</span>
  </div>`;
}
