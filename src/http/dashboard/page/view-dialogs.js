import { html, nothing } from '../lit-html/lit-html.js';
import { ACTION_LABELS } from './view-parts.js';

/** @import { App } from './main.js' */
/** @import { Wish } from './view-parts.js' */

/** @type {Record<Wish['kind'], { title: string, text: string }>} */
const QUESTIONS = {
  resume: {
    title: 'Resume now?',
    text: 'The rest of the wait is skipped. Where the limit still holds, the session stops again and is planned anew.',
  },
  'new-session': {
    title: 'Start a new session?',
    text: 'The work goes on in a new session that is told what was done and what is next. This one is kept as it is.',
  },
  skip: {
    title: 'Skip this stop?',
    text: 'Nothing more is done about it. The session is left as it is, until it stops again.',
  },
  abort: {
    title: 'Abort the run?',
    text: 'Its processes are asked to end, and made to if they do not. What it has written so far stays.',
  },
  ack: {
    title: 'Acknowledge it?',
    text: 'You have seen it and take care of it yourself: it is closed, and no longer listed as needing you.',
  },
  pause: {
    title: 'Pause everything?',
    text: 'Stops are still seen and recorded, but nothing is resumed until you let it go on. A restart does not change that.',
  },
  'go-on': {
    title: 'Go on?',
    text: 'Whatever has come due meanwhile is resumed at once, as far as the caps allow.',
  },
};

/** @param {App} app */
export function confirmDialog(app) {
  const { wish } = app;
  const question = wish === undefined ? undefined : QUESTIONS[wish.kind];
  return html`<dialog id="confirm" aria-labelledby="confirm-title" @close=${() => app.forget()}>
    ${
      wish === undefined || question === undefined
        ? nothing
        : html`<h2 id="confirm-title">${question.title}</h2>
            ${wish.name === undefined ? nothing : html`<p class="subject">${wish.name}</p>`}
            <p>${question.text}</p>
            ${app.refusal === undefined ? nothing : html`<p class="refusal" role="alert">${app.refusal}</p>`}
            <div class="buttons">
              <button class="cancel" @click=${() => app.closeDialogs()}>Cancel</button>
              <button
                class=${wish.kind === 'abort' ? 'danger' : 'primary'}
                ?disabled=${app.isBusy}
                @click=${() => app.confirm()}
              >
                ${ACTION_LABELS[wish.kind]}
              </button>
            </div>`
    }
  </dialog>`;
}

/** @param {App} app */
export function tokenDialog(app) {
  return html`<dialog id="token" aria-labelledby="token-title">
    <form method="dialog" @submit=${(/** @type {SubmitEvent} */ event) => app.unlock(event)}>
      <h2 id="token-title">This service wants a token</h2>
      <p>
        It listens to more than its own machine. Its tokens lie in its state folder:
        <code>control.token</code> for everything, <code>read.token</code> only to look. It is kept here until
        the tab is closed.
      </p>
      <label for="token-value">Token</label>
      <input id="token-value" name="token" type="password" autocomplete="off" spellcheck="false" required />
      ${app.isTokenWrong ? html`<p class="refusal" role="alert">That is not one of its tokens.</p>` : nothing}
      <div class="buttons"><button class="primary">Open</button></div>
    </form>
  </dialog>`;
}
