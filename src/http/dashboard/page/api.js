// Beside the page, wherever a proxy has put it.
const API = new URL('../../api/v1/', import.meta.url);
const TOKEN = 'palingenesis-token';
/** A page that waits for longer tells so instead. */
const TIMEOUT_MS = 10_000;

/** What the service said no to, in its own words; status 0 where nobody answered. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {string} message
   * @param {string | undefined} [code]
   */
  constructor(status, message, code) {
    super(message);
    this.status = status;
    this.code = code;
  }

  /** Nothing answers on this route: the service is older than this page. */
  get isMissingRoute() {
    return this.status === 404 && (this.code === undefined || this.message.startsWith('Cannot '));
  }
}

/** How far the service's clock is ahead of ours; below two seconds it is not worth telling. */
let aheadMs = 0;
/** Asked for once: what a service has no route for it will not have before the page is loaded again. */
const missing = new Set();

/** The time by the service's clock, to which its due times belong. */
export const nowMs = () => Date.now() + aheadMs;

/**
 * Kept until the tab is closed.
 * @param {string} token
 */
export const keepToken = (token) => sessionStorage.setItem(TOKEN, token);

export const hasToken = () => sessionStorage.getItem(TOKEN) !== null;

/**
 * @param {string} path below `/api/v1/`
 * @param {RequestInit} [init]
 * @returns {Promise<Response>}
 */
export async function ask(path, init = {}) {
  const token = sessionStorage.getItem(TOKEN);
  const headers = new Headers(init.headers);
  if (token !== null) headers.set('authorization', `Bearer ${token}`);
  const response = await fetch(new URL(path, API), { ...init, headers }).catch(() => {
    throw new ApiError(0, 'the service does not answer');
  });
  noteClock(response);
  if (!response.ok) throw await errorOf(response);
  return response;
}

/**
 * @template T
 * @param {string} path
 * @returns {Promise<T>}
 */
export async function get(path) {
  return (await ask(path, { signal: AbortSignal.timeout(TIMEOUT_MS) })).json();
}

/**
 * The same, and undefined where the service has no such route.
 * @template T
 * @param {string} path
 * @returns {Promise<T | undefined>}
 */
export async function getIfThere(path) {
  const route = path.replaceAll(/\/[^/]+-[^/]+/g, '/:id');
  if (missing.has(route)) return undefined;
  try {
    return await get(path);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error;
    if (error.isMissingRoute) missing.add(route);
    return undefined;
  }
}

/**
 * @param {string} path
 * @param {string} key the same for each try of one decision
 * @param {object} [body]
 */
export async function post(path, key, body = {}) {
  const headers = { 'content-type': 'application/json', 'idempotency-key': key };
  await ask(path, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
}

/** `crypto.randomUUID` is there on secure origins only, and a service in a container may not be one. */
export function newKey() {
  return crypto
    .getRandomValues(new Uint8Array(16))
    .reduce((key, byte) => key + byte.toString(16).padStart(2, '0'), '');
}

/** @param {Response} response */
function noteClock(response) {
  const atMs = Date.parse(response.headers.get('date') ?? '');
  // The header tells whole seconds.
  const differenceMs = atMs + 500 - Date.now();
  aheadMs = Math.abs(differenceMs) > 2000 ? differenceMs : 0;
}

/** @param {Response} response */
async function errorOf(response) {
  /** @type {{ detail?: string, code?: string }} */
  const problem = await response.json().catch(() => ({}));
  return new ApiError(response.status, problem.detail ?? `answered ${response.status}`, problem.code);
}
