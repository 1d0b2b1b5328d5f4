import { ApiError, get, getIfThere } from './api.js';
import { CLOSED } from './states.js';

/** @import { Account, Episode, EpisodeDetail, Explanation, Session, SessionDetail, Status } from './answers.d.ts' */

/** @typedef {{ session: SessionDetail | undefined, episode: EpisodeDetail | undefined, explanation: Explanation | undefined }} Detail */
/** @typedef {{ sessionId?: string, episodeId?: string }} Selection */
/** @typedef {'sessions' | 'everything'} Part */

const PAGE = 200;
const RECENT = 50;
const SAVED = 500;
/** However much happens, the service is asked no more often than this. */
const PAUSE_MS = 1000;

/** All the page knows, as the service told it last. Nothing in here is made up or kept over a reload. */
export class Model {
  /** @type {Status | undefined} */
  status;
  /** @type {Session[]} */
  sessions = [];
  total = 0;
  /** Episodes that are not over, by the id of their session. @type {Map<string, Episode>} */
  open = new Map();
  /** @type {Episode[]} */
  recent = [];
  /** @type {Episode[]} */
  saved = [];
  /** Undefined where the service does not tell. @type {Account[] | undefined} */
  accounts;
  /** @type {Detail | undefined} */
  detail;
  /** What the last question failed with. @type {ApiError | undefined} */
  problem;
  /** @type {Selection | undefined} */
  selection;

  /** What has to be looked at again. @type {Set<Part>} */
  #stale = new Set();
  #isAsking = false;
  #endPause = () => {};

  /** @param {() => void} onChange called after each answer, whether something differs or not */
  constructor(onChange) {
    this.onChange = onChange;
  }

  /**
   * Looks again. What is asked for while it does so is one more look, a moment later.
   * @param {Part} [part]
   */
  async refresh(part = 'everything') {
    this.#stale.add(part);
    if (this.#isAsking) return;
    this.#isAsking = true;
    while (this.#stale.size > 0) {
      await this.#look();
      await new Promise((resolve) => {
        this.#endPause = () => resolve(undefined);
        setTimeout(resolve, PAUSE_MS);
      });
    }
    this.#isAsking = false;
  }

  /** The same for somebody who waits for it: it comes without the moment in between. */
  async refreshNow() {
    const done = this.refresh();
    this.#endPause();
    await done;
  }

  /** @param {Selection | undefined} selection */
  select(selection) {
    this.selection = selection;
    const shown = this.detail?.session?.id ?? this.detail?.episode?.session_id;
    if (selection?.episodeId !== undefined || selection?.sessionId !== shown) this.detail = undefined;
    if (this.status !== undefined) void this.#ask(() => this.#readDetail());
  }

  async #look() {
    const isAll = this.#stale.has('everything');
    this.#stale.clear();
    await this.#ask(() => (isAll ? this.#readAll() : this.#readSessions()));
  }

  /** @param {() => Promise<void>} read */
  async #ask(read) {
    try {
      await read();
      this.problem = undefined;
    } catch (error) {
      this.problem = error instanceof ApiError ? error : new ApiError(0, String(error));
    }
    this.onChange();
  }

  async #readSessions() {
    const page = await readSessions('');
    this.sessions = await withAllOpen(page.sessions, [...this.open.values()]);
    this.total = page.total;
    await this.#readDetail();
  }

  async #readAll() {
    const before = this.status?.saves;
    /** @type {Status} */
    const status = await get('status');
    const [page, recent, open, accounts] = await Promise.all([
      readSessions(''),
      readEpisodes(`limit=${RECENT}`),
      readOpen(status),
      getIfThere('accounts'),
    ]);
    this.status = status;
    this.recent = recent;
    this.open = new Map(open.map((episode) => [episode.session_id, episode]));
    this.accounts = /** @type {{ accounts: Account[] } | undefined} */ (accounts)?.accounts;
    this.sessions = await withAllOpen(page.sessions, open);
    this.total = page.total;
    if (status.saves !== before) this.saved = await readEpisodes(`state=saved&limit=${SAVED}`);
    await this.#readDetail();
  }

  async #readDetail() {
    const { selection } = this;
    if (selection === undefined) return;
    const detail = await readDetail(selection);
    // Meanwhile somebody may have turned to another.
    if (this.selection === selection) this.detail = detail;
  }
}

/**
 * @param {string} query
 * @returns {Promise<{ sessions: Session[], total: number }>}
 */
function readSessions(query) {
  return get(`sessions?limit=${PAGE}${query}`);
}

/**
 * @param {string} query
 * @returns {Promise<Episode[]>}
 */
async function readEpisodes(query) {
  /** @type {{ episodes: Episode[] }} */
  const { episodes } = await get(`episodes?${query}`);
  return episodes;
}

/** @param {Status} status */
async function readOpen({ episodes }) {
  const states = Object.keys(episodes).filter((state) => !CLOSED.has(state));
  return (await Promise.all(states.map((state) => readEpisodes(`state=${state}&limit=${PAGE}`)))).flat();
}

/**
 * A session may wait for days, and others have been used since: those a page did not bring are asked for by state.
 * @param {Session[]} sessions
 * @param {Episode[]} open
 */
async function withAllOpen(sessions, open) {
  const known = new Set(sessions.map(({ id }) => id));
  const states = new Set(open.filter(({ session_id: id }) => !known.has(id)).map(({ state }) => state));
  const pages = await Promise.all([...states].map((state) => readSessions(`&state=${state}`)));
  return [...sessions, ...pages.flatMap((page) => page.sessions).filter(({ id }) => !known.has(id))];
}

/**
 * @param {Selection} selection
 * @returns {Promise<Detail>}
 */
async function readDetail({ sessionId, episodeId }) {
  /** @type {SessionDetail | undefined} */
  const session =
    sessionId === undefined ? undefined : await getIfThere(`sessions/${encodeURIComponent(sessionId)}`);
  const id = episodeId ?? session?.episodes[0]?.id;
  if (id === undefined) return { session, episode: undefined, explanation: undefined };
  const path = `episodes/${encodeURIComponent(id)}`;
  /** @type {[EpisodeDetail | undefined, Explanation | undefined]} */
  const [episode, explanation] = await Promise.all([getIfThere(path), getIfThere(`${path}/explain`)]);
  if (session !== undefined || episode === undefined) return { session, episode, explanation };
  /** @type {SessionDetail | undefined} */
  const its = await getIfThere(`sessions/${encodeURIComponent(episode.session_id)}`);
  return { session: its, episode, explanation };
}
