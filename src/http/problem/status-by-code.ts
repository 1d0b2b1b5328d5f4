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
  'not-found': 404,
  'already-resumed': 409,
  'lease-lost': 409,
  'stale-episode': 409,
};
