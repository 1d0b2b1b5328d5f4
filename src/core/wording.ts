import { parseResetText, type ResetAnchor } from './reset-text.js';
import { evidence, type Reset, type StopReason, type Verdict } from './stop.js';

/** What an agent's own record says of an error, field by field, before anything is concluded. */
export type ErrorFacts = Readonly<{
  /** Where they stand, such as `codex rollout`. */
  source: string;
  /** The error's names, as agent and provider give them. */
  codes: readonly string[];
  /** HTTP status of the provider's answer. */
  status?: number | undefined;
  text: string;
  /** A reset given as data. */
  reset?: Reset | undefined;
  /** The exhausted window, where a field names it. */
  window?: string | undefined;
}>;

/** All conditions given have to hold. Rules that rest on a field come before those that rest on words alone. */
export type WordingRule = Readonly<{
  id: string;
  reason: StopReason;
  confidence: number;
  /** One of these error names; `''` stands for none at all. */
  codes?: readonly string[];
  statuses?: readonly number[];
  text?: RegExp;
  /** It rests on fields that do not tell one limit from another: better words are missing. */
  vague?: true;
}>;

/** What the records of one agent mean: first match wins. `version` changes whenever a rule does. */
export type WordingTable = Readonly<{
  agent: string;
  version: string;
  rules: readonly WordingRule[];
  /** The window a text names. */
  windows?: readonly (readonly [RegExp, string])[];
}>;

/** Reasons that end by themselves, so that a text may say when. */
const LIFTS: ReadonlySet<StopReason> = new Set<StopReason>(['usage_limit', 'rate_limit', 'overloaded']);

/**
 * What an error record means by a table. One that no rule knows is `unknown`, with its words as evidence. A limit
 * by its fields whose words no rule knows stays a limit, and says that its wording is unknown.
 */
export function classifyFacts(facts: ErrorFacts, table: WordingTable, anchor: ResetAnchor): Verdict {
  const rule = table.rules.find((each) => applies(each, facts));
  const { source, text } = facts;
  if (rule === undefined)
    return {
      reason: 'unknown',
      confidence: 0,
      wordingUnknown: true,
      evidence: evidence(source, 'no-rule', text),
    };
  const reset = LIFTS.has(rule.reason) ? (facts.reset ?? resetIn(text, rule.reason, anchor)) : undefined;
  const window = rule.reason === 'usage_limit' ? (facts.window ?? windowOf(text, table)) : undefined;
  return {
    reason: rule.reason,
    confidence: rule.confidence,
    ...(reset === undefined ? {} : { reset }),
    ...(window === undefined ? {} : { window }),
    ...(rule.vague ? { wordingUnknown: true } : {}),
    evidence: evidence(source, `${table.agent}@${table.version} ${rule.id}`, text),
  };
}

/** Only a window of a plan opens at a time of day; what ends sooner says how long it takes. */
function resetIn(text: string, reason: StopReason, anchor: ResetAnchor): Reset | undefined {
  const reset = parseResetText(text, anchor);
  return reason !== 'usage_limit' && reset?.source === 'text' ? undefined : reset;
}

function applies({ codes, statuses, text }: WordingRule, facts: ErrorFacts): boolean {
  return (
    (codes === undefined || hasOne(codes, facts.codes)) &&
    (statuses === undefined || (facts.status !== undefined && statuses.includes(facts.status))) &&
    (text === undefined || text.test(facts.text))
  );
}

function hasOne(wanted: readonly string[], codes: readonly string[]): boolean {
  return codes.length === 0 ? wanted.includes('') : codes.some((code) => wanted.includes(code));
}

export function windowOf(text: string, { windows = [] }: WordingTable): string | undefined {
  return windows.find(([pattern]) => pattern.test(text))?.[1];
}
