import { html, render } from '../lit-html/lit-html.js';
import { announcementOf } from './announce.js';
import { ApiError, hasToken, keepToken, newKey, nowMs, post } from './api.js';
import { Live } from './live.js';
import { Model } from './model.js';
import { byUrgency } from './states.js';
import { accountsPanel } from './view-accounts.js';
import { detailPanel } from './view-detail.js';
import { confirmDialog, tokenDialog } from './view-dialogs.js';
import { recentPanel } from './view-recent.js';
import { savingsPanel } from './view-savings.js';
import { sessionsPanel } from './view-sessions.js';
import { banners, header, tiles } from './view-top.js';

/** @import { Connection } from './live.js' */
/** @import { Wish } from './view-parts.js' */
/** @import { Selection } from './model.js' */

const POLL_MS = 3000;
/** A stream that lives tells everything; this only bounds how long a mistake of it would last. */
const LIVE_POLL_MS = 60_000;
/** Events there are many of, and that change no episode. */
const ONLY_SESSIONS = new Set([
  'session-progressed',
  'workflow-progressed',
  'workflow-unreadable',
  'wording-unknown',
]);
const WIDE = matchMedia('(min-width: 68rem)');

/** What the page shows and what can be done with it. Views read it and call it; they keep nothing. */
export class App {
  model = new Model(() => this.#told());
  /** @type {Connection} */
  connection = 'connecting';
  filter = 'active';
  /** Actions this service has no route for. @type {Set<string>} */
  missing = new Set();
  /** What somebody is asked to confirm. @type {Wish | undefined} */
  wish;
  /** Why the service did not do it. @type {string | undefined} */
  refusal;
  isBusy = false;
  isTokenWrong = false;
  seenAt = '';

  #key = '';
  #seenMs = 0;
  #askedMs = 0;
  #isDrawn = true;
  #wantsFocus = false;
  /** @type {Map<string, string>} */
  #statesBefore = new Map();
  #live = new Live(
    (type) => void this.model.refresh(ONLY_SESSIONS.has(type) ? 'sessions' : 'everything'),
    (connection) => this.#connected(connection),
  );

  start() {
    addEventListener('hashchange', () => this.#follow(true));
    document.addEventListener('visibilitychange', () => this.#tick());
    this.#follow(false);
    this.#live.connect();
    void this.model.refresh();
    setInterval(() => this.#tick(), 1000);
    this.draw();
  }

  get nowMs() {
    return nowMs();
  }

  get isPaused() {
    return this.model.status?.state === 'paused';
  }

  get uptimeMs() {
    return (this.model.status?.uptime_s ?? 0) * 1000 + nowMs() - this.#seenMs;
  }

  get shownSessionId() {
    const { detail } = this.model;
    return detail?.session?.id ?? detail?.episode?.session_id;
  }

  /** @param {string} filter */
  show(filter) {
    this.filter = filter;
    this.draw();
  }

  retry() {
    this.#live.connect();
    void this.model.refreshNow();
  }

  /**
   * Asks before it does it.
   * @param {Wish} wish
   */
  ask(wish) {
    this.wish = wish;
    this.refusal = undefined;
    this.#key = newKey();
    this.#drawNow();
    dialog('confirm').showModal();
  }

  forget() {
    this.wish = undefined;
    this.draw();
  }

  closeDialogs() {
    dialog('confirm').close();
  }

  /** Does what was asked. A refusal is shown where it was asked, and it can be tried again. */
  async confirm() {
    const { wish } = this;
    if (wish === undefined) return;
    this.isBusy = true;
    this.draw();
    try {
      await post(pathOf(wish), this.#key, wish.kind === 'ack' ? { action: 'close' } : {});
      this.closeDialogs();
    } catch (error) {
      this.refusal = this.#refusalOf(wish, error);
    }
    this.isBusy = false;
    this.draw();
    void this.model.refreshNow();
  }

  /** @param {SubmitEvent} event */
  unlock(event) {
    if (!(event.target instanceof HTMLFormElement)) return;
    const token = new FormData(event.target).get('token');
    if (typeof token !== 'string' || token === '') return;
    keepToken(token.trim());
    event.target.reset();
    this.retry();
  }

  /** Draws with the next frame, however often it is asked to. */
  draw() {
    if (!this.#isDrawn) return;
    this.#isDrawn = false;
    requestAnimationFrame(() => this.#drawNow());
  }

  #drawNow() {
    this.#isDrawn = true;
    document.body.classList.toggle(
      'has-selection',
      this.model.selection !== undefined && location.hash.length > 2,
    );
    const root = document.getElementById('app');
    if (root !== null) render(page(this), root);
    if (this.#wantsFocus && this.model.detail !== undefined) {
      this.#wantsFocus = false;
      document.getElementById('detail-title')?.focus();
    }
  }

  #told() {
    const { model } = this;
    if (model.problem?.status === 401) this.#lock();
    if (model.problem?.status === 0) this.connection = 'offline';
    if (model.problem === undefined) this.#noteAnswer();
    this.#showMostUrgent();
    this.draw();
  }

  #noteAnswer() {
    this.#seenMs = nowMs();
    this.seenAt = new Date(this.#seenMs).toISOString();
    // The stream comes back by itself; until it does, at least the questions are answered.
    if (this.connection === 'offline' || this.connection === 'connecting') this.connection = 'polling';
    const states = new Map(this.model.sessions.map(({ id, state }) => [id, state]));
    const text = announcementOf(this.#statesBefore, this.model.sessions, this.model.open, nowMs());
    this.#statesBefore = states;
    if (text !== '') announce(text);
  }

  #lock() {
    this.connection = 'locked';
    this.isTokenWrong = hasToken();
    this.#drawNow();
    const token = dialog('token');
    if (!token.open) token.showModal();
  }

  /** @param {Connection} connection */
  #connected(connection) {
    const wasAway = this.connection !== 'live';
    this.connection = connection;
    // Whatever happened while nobody listened.
    if (connection === 'live' && wasAway) void this.model.refresh();
    this.draw();
  }

  #tick() {
    if (document.hidden) return;
    const everyMs = this.connection === 'live' ? LIVE_POLL_MS : POLL_MS;
    if (Date.now() - this.#askedMs >= everyMs && this.connection !== 'locked') {
      this.#askedMs = Date.now();
      void this.model.refresh();
    }
    this.draw();
  }

  /**
   * Shows what the address names.
   * @param {boolean} isMove
   */
  #follow(isMove) {
    const selection = selectionIn(location.hash);
    if (selection === undefined && location.hash.length > 2) return;
    this.#wantsFocus = isMove && selection !== undefined;
    this.model.select(selection);
    if (selection === undefined && isMove) document.getElementById('sessions')?.focus();
    this.draw();
  }

  /** Where there is room for it, the page never opens on an empty place. */
  #showMostUrgent() {
    const { model } = this;
    if (model.selection !== undefined || !WIDE.matches) return;
    const [first] = model.sessions.filter(({ id }) => model.open.has(id)).toSorted(byUrgency);
    const id = first?.id ?? model.recent[0]?.session_id;
    if (id !== undefined) model.select({ sessionId: id });
  }

  /**
   * @param {Wish} wish
   * @param {unknown} error
   */
  #refusalOf(wish, error) {
    if (!(error instanceof ApiError)) return String(error);
    if (!error.isMissingRoute) return error.message;
    this.missing.add(wish.kind);
    return 'This service cannot do that yet.';
  }
}

/** @param {App} app */
function page(app) {
  return html`${header(app)}
    <main>
      ${banners(app)} ${tiles(app)}
      <div class="columns">
        <div class="column">
          ${sessionsPanel(app)}
          <div class="pair">${accountsPanel(app)} ${savingsPanel(app)} ${recentPanel(app)}</div>
        </div>
        <div class="column side">${detailPanel(app)}</div>
      </div>
    </main>
    ${confirmDialog(app)} ${tokenDialog(app)}`;
}

/** @param {Wish} wish */
function pathOf({ kind, sessionId }) {
  if (kind === 'pause') return 'pause';
  if (kind === 'go-on') return 'resume';
  return `sessions/${encodeURIComponent(sessionId ?? '')}/${kind}`;
}

/**
 * @param {string} hash
 * @returns {Selection | undefined}
 */
function selectionIn(hash) {
  const [, kind, id] = /^#\/(session|episode)\/(.+)$/.exec(hash) ?? [];
  if (id === undefined) return undefined;
  return kind === 'session' ? { sessionId: decodeURIComponent(id) } : { episodeId: decodeURIComponent(id) };
}

/** @param {string} id */
function dialog(id) {
  const element = document.getElementById(id);
  if (!(element instanceof HTMLDialogElement)) throw new Error(`there is no dialog "${id}"`);
  return element;
}

/** @param {string} text */
function announce(text) {
  const announcer = document.getElementById('announcer');
  if (announcer !== null) announcer.textContent = text;
}

new App().start();
