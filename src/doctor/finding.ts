/** How one thing stands: `warn` may be meant so, `fail` keeps something from working. */
export type Finding = Readonly<{
  status: 'ok' | 'warn' | 'fail';
  /** What was looked at, such as `port`. */
  subject: string;
  /** How it stands. */
  what: string;
  /** What to do about it; none where it is ok. */
  advice?: string;
}>;

export function ok(subject: string, what: string): Finding {
  return { status: 'ok', subject, what };
}

export function warn(subject: string, what: string, advice: string): Finding {
  return { status: 'warn', subject, what, advice };
}

export function fail(subject: string, what: string, advice: string): Finding {
  return { status: 'fail', subject, what, advice };
}
