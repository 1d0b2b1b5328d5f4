import type { ErrorCode } from '../../core/errors.js';

/** The HTTP status of every error code; a new code without one does not compile. */
export const STATUS_BY_CODE: Readonly<Record<ErrorCode, number>> = {
  'agent-unknown': 422,
  'agent-unavailable': 503,
  'launch-failed': 502,
  'cwd-missing': 422,
  'file-not-editable': 409,
  'nothing-to-do': 409,
  'run-in-progress': 409,
  paused: 409,
  'strategy-unavailable': 409,
  'idempotency-mismatch': 422,
  'too-many-clients': 503,
  'host-not-allowed': 403,
  'origin-not-allowed': 403,
  'token-missing': 401,
  'scope-too-small': 403,
  'too-many-requests': 429,
  'invalid-request': 400,
  'body-not-json': 415,
  'body-too-large': 413,
  'method-not-allowed': 405,
  'store-unavailable': 503,
  internal: 500,
  'not-found': 404,
  'already-resumed': 409,
  'lease-lost': 409,
  'stale-episode': 409,
};

/** The code of an error that comes from Nest or Express with nothing but a status. */
export function codeOf(status: number): ErrorCode {
  return BY_STATUS.get(status) ?? (status < 500 ? 'invalid-request' : 'internal');
}

const BY_STATUS = new Map<number, ErrorCode>([
  [404, 'not-found'],
  [405, 'method-not-allowed'],
  [413, 'body-too-large'],
  [415, 'body-not-json'],
  [429, 'too-many-requests'],
]);
