import type { StopReason, Verdict } from './stop.js';

/** What a record can say besides that the session has stopped; nothing is ever done about it. */
export type Observation = 'warning_only' | 'not_a_stop';

/** What one record means: a stop, or something that only looks like one. */
export type Finding = Omit<Verdict, 'reason'> & Readonly<{ reason: StopReason | Observation }>;

/** True for a finding that tells of a stop. */
export function isStop(finding: Finding): finding is Finding & Verdict {
  return finding.reason !== 'warning_only' && finding.reason !== 'not_a_stop';
}
