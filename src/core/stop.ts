import { redactText } from './redact-text.js';

/** Milliseconds since the Unix epoch. */
export type EpochMs = number;

/** An instant as people and logs read it (ISO 8601, UTC). */
export function iso(atMs: EpochMs): string {
  return new Date(atMs).toISOString();
}

/** Why a session ceased to make progress. The words are public API. */
export const STOP_REASONS = [
  'usage_limit',
  'rate_limit',
  'overloaded',
  'context_exhausted',
  'network',
  'crash',
  'timeout',
  'auth',
  'billing',
  'config',
  'refusal',
  'awaiting_input',
  'user_exit',
  'completed',
  'budget_exhausted',
  'session_missing',
  'unknown',
] as const;
export type StopReason = (typeof STOP_REASONS)[number];

/** Where a reset time came from; the order is the order of trust. */
export type ResetSource = 'structured' | 'header' | 'relative' | 'text';

/** When a limit lifts. Absent where nothing states it: a reset is never invented. */
export type Reset = Readonly<{ atMs: EpochMs; source: ResetSource; raw: string }>;

/** What a verdict rests on: the record's source, the field or rule that decided, and the words found there. */
export type Evidence = Readonly<{ source: string; rule: string; text: string }>;

/** `confidence` is 0–1: 1 for a field the agent defines, less for its texts, least for what only absence shows. */
export type Verdict = Readonly<{
  reason: StopReason;
  confidence: number;
  reset?: Reset;
  /** The exhausted window, such as `five_hour` or `seven_day`, where the agent names it. */
  window?: string;
  /** The agent will go on by itself, at the reset where it states one. */
  waitsItself?: true;
  /** Its fields tell of a limit, its words are unknown: the wording has drifted. */
  wordingUnknown?: true;
  evidence: Evidence;
}>;

/** A verdict tied to the record that shows it. `recordId` is the agent's own and names the stop for good. */
export type Stop = Verdict & Readonly<{ recordId: string; atMs: EpochMs }>;

const EVIDENCE_CHARS = 300;

/** Evidence with its text on one line, without secrets and cut to a bound: no transcript leaks through it. */
export function evidence(source: string, rule: string, text: string): Evidence {
  return { source, rule, text: redactText(text.replace(/\s+/g, ' ').trim()).slice(0, EVIDENCE_CHARS) };
}

const TRUST: Readonly<Record<ResetSource, number>> = { structured: 3, header: 2, relative: 1, text: 0 };

/** True when `candidate`, the newer one, tells more exactly when a limit lifts, or as exactly of another instant. */
export function isBetterReset(candidate: Reset | undefined, current: Reset | undefined): candidate is Reset {
  if (candidate === undefined || current === undefined) return candidate !== undefined;
  const gain = TRUST[candidate.source] - TRUST[current.source];
  return gain > 0 || (gain === 0 && candidate.atMs !== current.atMs);
}

/** True for the surer of two resets of one error, and for the later of two that are as sure. */
export function isSurer(candidate: Reset, other: Reset): boolean {
  const gain = TRUST[candidate.source] - TRUST[other.source];
  return gain > 0 || (gain === 0 && candidate.atMs > other.atMs);
}
