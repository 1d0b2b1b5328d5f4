/** Every code an error of ours can carry, with what it means; the HTTP status is chosen in `http/problem`. */
export const ERROR_CODES = {
  'agent-unknown': 'No adapter is registered under that agent id.',
  'agent-unavailable': 'The program of the agent could not be started.',
  'launch-failed': 'The agent was started and did not begin a session.',
  'cwd-missing': 'The folder to work in does not exist.',
  'file-not-editable': 'A file cannot be edited as it is; nothing was changed.',
  'nothing-to-do': 'As the session stands, there is nothing this could act on.',
  'run-in-progress': 'A run of ours works on the session; abort it first, or let it end.',
  paused: 'Acting is paused; go on acting first.',
  'strategy-unavailable': 'The session cannot be continued in the way that was asked for.',
  'idempotency-mismatch': 'The Idempotency-Key was used for another request before.',
  'too-many-clients': 'As many clients as are allowed follow the event stream already.',
  'host-not-allowed': 'The request was meant for another host; see http.allowed_hosts.',
  'origin-not-allowed': 'A page of another site has made the request.',
  'token-missing': 'There is no token with the request, or a wrong one.',
  'scope-too-small': 'The token does not allow this.',
  'too-many-requests': 'The client asks more often than it may.',
  'invalid-request': 'Something in the request is not allowed; errors says what.',
  'body-not-json': 'The body is of another type than JSON.',
  'body-too-large': 'The body is longer than http.max_body_bytes.',
  'method-not-allowed': 'The route does not take this method.',
  'store-unavailable': 'Nothing can be stored: the disk is full, or the state folder cannot be written.',
  internal: 'The service failed; its log says how.',
  'not-found': 'There is no such thing, or not any more.',
  'already-resumed': 'The stop was resumed already; nothing is started twice.',
  'lease-lost': 'Another service has taken the session over.',
  'stale-episode': 'The episode changed meanwhile; read it again.',
} as const;
export type ErrorCode = keyof typeof ERROR_CODES;

/** An operation that cannot go on. The message says what was given, what is allowed and what to do. */
export class PalingenesisError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'PalingenesisError';
  }
}

/** The words of anything thrown, whatever it is. */
export function messageOf(thrown: unknown): string {
  return Error.isError(thrown) ? thrown.message : String(thrown);
}

export function hasCode(thrown: unknown, code: ErrorCode): boolean {
  return thrown instanceof PalingenesisError && thrown.code === code;
}
