import { parseJson } from './json-record.js';
import { errorFactsOf } from './error-shape.js';
import type { Finding } from './finding.js';
import type { ResetAnchor } from './reset-text.js';
import { screenLines, type ScreenLine } from './screen-lines.js';
import {
  isAlone,
  isLast,
  isQuoted,
  isTyped,
  statementsOf,
  strengthOf,
  type Statement,
  type Strength,
} from './screen-statements.js';
import { RETRIES, SCREEN_NOTES, WORKS, type ScreenNote } from './screen-wording.js';
import { evidence } from './stop.js';
import { classifyFacts, type WordingTable } from './wording.js';

const SOURCE = 'text';
/** How many closing braces an error may have behind its JSON. */
const MAX_TRIES = 8;
/** The pipe form of early Claude Code is like nothing else, wherever it stands. */
const PIPED = /limit reached\s*\|\s*\d{10}/i;
const STATUS = /(?:(?:api error:?|http|status(?: code)?:?|error code:|code|·|^)\s*\(?|\()([45]\d\d)\b/i;
/** What may be over by now, as shown by what follows it. */
const ENDS_BY_ITSELF: ReadonlySet<Finding['reason']> = new Set([
  ...(['usage_limit', 'rate_limit', 'overloaded', 'network', 'timeout', 'unknown'] as const),
]);

/** `retryIsStop`: the agent's own waiting is told with its reason and time, instead of as no stop. */
export type ScreenOptions = Readonly<{ retryIsStop: boolean }>;

/**
 * What words from a screen or a plain error mean. Nothing marks them as the agent's own, so they have to look like
 * an announcement: at the start of a line, in words only agents use, nothing but the agent's own frame after them.
 * What merely mentions a limit is no stop.
 */
export function classifyScreen(
  text: string,
  table: WordingTable,
  anchor: ResetAnchor,
  { retryIsStop }: ScreenOptions,
): Finding {
  const lines = screenLines(text);
  const meaning = (words: string): Finding => classifyWords(words, table, anchor);
  const found = statementsOf(lines).flatMap(
    (statement) => read(statement, lines, meaning, retryIsStop) ?? [],
  );
  const works = lines.some(({ text: line }) => WORKS.test(line));
  // Of those that are alike the last: the ones above it are history.
  const [first] = found.toReversed().toSorted((a, b) => rank(a) - rank(b));
  if (first === undefined || (works && first.reason !== 'warning_only')) return nothing(text);
  return first;
}

/** Of several announcements a limit binds longest, best where it says when it lifts; a warning tells least. */
function rank({ reason, reset }: Finding): number {
  if (reason === 'usage_limit') return reset === undefined ? 2 : /reset|refresh/i.test(reset.raw) ? 0 : 1;
  return reason === 'not_a_stop' || reason === 'warning_only' ? 4 : 3;
}

function nothing(text: string): Finding {
  return { reason: 'not_a_stop', confidence: 0.9, evidence: evidence(SOURCE, 'no-announcement', text) };
}

function read(
  statement: Statement,
  lines: readonly ScreenLine[],
  meaning: (words: string) => Finding,
  retryIsStop: boolean,
): Finding | undefined {
  const { words, glyph, isMenu } = statement;
  if (PIPED.test(words)) return meaning(words);
  if (!isMenu && (isTyped(glyph) || isQuoted(statement, lines))) return undefined;
  const strength = strengthOf(words) ?? (isErrorJson(words) ? 'weak' : undefined);
  const isMarked = strength === undefined && isMarkedAsError(statement);
  if (RETRIES.test(words) && !retryIsStop) return strength && nothing(words);
  const note = SCREEN_NOTES.find(({ text }) => text.test(words) || text.test(statement.text));
  if (note !== undefined) return noted(note, statement, lines);
  if (isMarked) return named(announced(statement, 'weak', lines, meaning));
  return strength === undefined ? undefined : announced(statement, strength, lines, meaning);
}

/** Of words that nobody knows, a mark alone makes no announcement. */
function named(finding: Finding | undefined): Finding | undefined {
  return finding?.reason === 'unknown' ? undefined : finding;
}

function announced(
  statement: Statement,
  strength: Strength,
  lines: readonly ScreenLine[],
  meaning: (words: string) => Finding,
): Finding | undefined {
  if (strength === 'weak' && !isAlone(statement, lines)) return undefined;
  const finding = meaning(statement.words);
  return ENDS_BY_ITSELF.has(finding.reason) && !isLast(statement, lines) ? undefined : finding;
}

function noted(
  { id, reason }: ScreenNote,
  statement: Statement,
  lines: readonly ScreenLine[],
): Finding | undefined {
  if (reason === 'user_exit' && !isLast(statement, lines)) return undefined;
  return { reason, confidence: 0.9, evidence: evidence(SOURCE, id, statement.words) };
}

/** What an announcement means, by its words and the JSON it quotes. */
function classifyWords(words: string, table: WordingTable, anchor: ResetAnchor): Finding {
  const embedded = jsonWithin(words);
  const shape = embedded === undefined ? undefined : errorFactsOf(embedded, SOURCE, anchor.atMs);
  const status = shape?.status ?? Number(STATUS.exec(words)?.[1]);
  return classifyFacts(
    {
      source: SOURCE,
      codes: shape?.codes ?? (/^\w+_\w+$/.test(words) ? [words] : []),
      text: words,
      status: Number.isNaN(status) ? undefined : status,
      reset: shape?.reset,
    },
    table,
    anchor,
  );
}

/** By the sign before it, or a status or the word `error` at its beginning. */
function isMarkedAsError({ glyph, text, words }: Statement): boolean {
  return /[✕✗✖■]/.test(glyph) || /^[45]\d\d\b/.test(words) || /^error: ?[a-z]/i.test(text);
}

function isErrorJson(words: string): boolean {
  return /^\[?\{/.test(words) && jsonWithin(words) !== undefined;
}

/** The JSON an error text quotes: from its first brace to the last that closes. */
function jsonWithin(text: string): unknown {
  const from = text.search(/[[{]\s*(?:"|\[|\{)/);
  let to = from === -1 ? 0 : text.length;
  for (let tries = 0; tries < MAX_TRIES && to > from; tries += 1) {
    to = Math.max(text.lastIndexOf('}', to - 1), text.lastIndexOf(']', to - 1));
    const value = parseJson(text.slice(from, to + 1));
    if (value !== undefined) return value;
  }
  return undefined;
}
