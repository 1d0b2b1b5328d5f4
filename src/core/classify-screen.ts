import { COMMON_WORDING } from './common-wording.js';
import type { Finding } from './finding.js';
import { errorFactsOf } from './error-shape.js';
import type { ResetAnchor } from './reset-text.js';
import { screenLines, type ScreenLine } from './screen-lines.js';
import {
  BROKEN_FROM_CHARS,
  CHROME,
  CONTINUES,
  ERROR_ANNOUNCED,
  ERROR_SAID,
  GOES_ON,
  LIMIT_ANNOUNCED,
  RETRIES,
  SCREEN_NOTES,
  WORKS,
  WRAPPING,
} from './screen-wording.js';
import { evidence } from './stop.js';
import { classifyFacts, type WordingTable } from './wording.js';

const SOURCE = 'text';
const MAX_CONTINUATION = 4;
const MAX_STATEMENT_LINES = 60;
const MAX_STATEMENT_CHARS = 4000;
/** How many closing braces an error may have behind its JSON. */
const MAX_TRIES = 8;
/** The pipe form of early Claude Code is like nothing else, wherever it stands. */
const PIPED = /limit reached\s*\|\s*\d{10}/i;
const STATUS = /(?:(?:api error:?|http|status(?: code)?:?|error code:|code|·|^)\s*\(?|\()([45]\d\d)\b/i;

/** How an agent says that it waits by itself, with the time of its next try. */
export type ScreenOptions = Readonly<{ retryIsStop: boolean }>;

/** What may be over by now, as shown by what follows it. */
const ENDS_BY_ITSELF: ReadonlySet<Finding['reason']> = new Set([
  ...(['usage_limit', 'rate_limit', 'overloaded', 'network', 'timeout', 'crash', 'unknown'] as const),
]);

type Statement = Readonly<{ at: number; end: number; text: string; glyph: string }>;

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
  const found = statements(lines).flatMap((statement) => {
    const finding = read(statement, lines, table, anchor, retryIsStop);
    return finding === undefined ? [] : [finding];
  });
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

/** Every line with what continues it. */
function statements(lines: readonly ScreenLine[]): readonly Statement[] {
  return lines.map((line, at) => {
    let end = at + 1;
    let text = line.text;
    for (let next = lines[end]; next !== undefined && end - at < MAX_STATEMENT_LINES; next = lines[end]) {
      const mayContinue = end - at <= MAX_CONTINUATION && continues(next, lines[end - 1]);
      if (!isOpen(text) && !mayContinue) break;
      text += ` ${next.text}`;
      end += 1;
    }
    return { at, end, text: text.slice(0, MAX_STATEMENT_CHARS), glyph: line.glyph };
  });
}

/** JSON that is printed over several lines. */
function isOpen(text: string): boolean {
  return text.includes('{') && count(text, '{') > count(text, '}');
}

function count(text: string, sign: string): number {
  return text.split(sign).length - 1;
}

function continues({ glyph, text }: ScreenLine, before: ScreenLine | undefined): boolean {
  if (glyph !== '' && glyph !== '·' && glyph !== '∙') return false;
  if (CONTINUES.test(`${glyph}${text}`)) return true;
  return (before?.text.length ?? 0) >= BROKEN_FROM_CHARS && GOES_ON.test(text);
}

function read(
  statement: Statement,
  lines: readonly ScreenLine[],
  table: WordingTable,
  anchor: ResetAnchor,
  retryIsStop: boolean,
): Finding | undefined {
  const { glyph } = statement;
  const text = unwrapped(statement.text);
  if (PIPED.test(text)) return error(text, table, anchor);
  const isMenu = /^(?:\d+\.|\[\d+\]) /.test(text);
  if (!isMenu && (isTyped(glyph) || isQuoted(statement, lines))) return undefined;
  const words = text.replace(/^(?:\d+\.|\[\d+\]) /, '');
  const strength = announced(words) ?? (isErrorJson(words) ? 'weak' : undefined);
  if (RETRIES.test(words) && !(retryIsStop && strength !== undefined)) return strength === undefined ? undefined : nothing(text);
  const note = SCREEN_NOTES.find((each) => each.text.test(words) || each.text.test(statement.text));
  if (note !== undefined)
    return note.reason !== 'user_exit' || isLast(statement, lines) ? { reason: note.reason, confidence: 0.9, evidence: evidence(SOURCE, note.id, words) } : undefined;
  if (strength === undefined || (strength === 'weak' && !isAlone(statement, lines))) return undefined;
  const finding = error(words, table, anchor);
  return ENDS_BY_ITSELF.has(finding.reason) && !isLast(statement, lines) ? undefined : finding;
}

function unwrapped(text: string): string {
  let inner = text;
  for (let round = 0; round < 3; round += 1) inner = inner.replace(WRAPPING, '');
  return inner;
}

function isErrorJson(text: string): boolean {
  return /^\[?\{/.test(text) && jsonWithin(text) !== undefined;
}

function announced(text: string): 'limit' | 'strong' | 'weak' | undefined {
  if (LIMIT_ANNOUNCED.test(text)) return 'limit';
  if (ERROR_ANNOUNCED.test(text)) return 'strong';
  return ERROR_SAID.test(text) ? 'weak' : undefined;
}

function isTyped(glyph: string): boolean {
  return /[❯›>$%#]/.test(glyph);
}

/** Told by someone else: in a code block, as output of a command, or after a line that introduces it. */
function isQuoted({ at, glyph }: Statement, lines: readonly ScreenLine[]): boolean {
  const before = lines.slice(0, at);
  if (before.filter(({ text }) => text.startsWith('```')).length % 2 === 1) return true;
  const last = before.findLast(({ text, glyph }) => text !== '' || glyph !== '');
  if (last === undefined) return false;
  if (glyph === '⎿' && /[⏺●]/.test(last.glyph) && /^\w+\(/.test(last.text)) return true;
  return /[$%]/.test(last.glyph) || /[a-z]:$/.test(last.text) || /tool_use_id|toolu_/.test(last.text) || /^(?:\$|curl|grep|rg|cat) /.test(last.text);
}

/** Nothing but the agent's own frame follows. */
function isLast({ end }: Statement, lines: readonly ScreenLine[]): boolean {
  return lines.slice(end).every(({ glyph, text }) => isTyped(glyph) || CHROME.test(text) || announced(unwrapped(text)) !== undefined || isNote(text));
}

function isNote(text: string): boolean {
  return SCREEN_NOTES.some((note) => note.text.test(text));
}

function isAlone({ at }: Statement, lines: readonly ScreenLine[]): boolean {
  return lines.slice(0, at).every(({ glyph, text }) => /[❯›>]/.test(glyph) || CHROME.test(text) || /[⏺●•◆]/.test(glyph) || announced(unwrapped(text)) !== undefined);
}

function error(text: string, table: WordingTable, anchor: ResetAnchor): Finding {
  const embedded = jsonWithin(text);
  const shape = embedded === undefined ? undefined : errorFactsOf(embedded, SOURCE, anchor.atMs);
  const status = shape?.status ?? Number(STATUS.exec(text)?.[1]);
  return classifyFacts(
    {
      source: SOURCE,
      codes: shape?.codes ?? (/^\w+_\w+$/.test(text) ? [text] : []),
      text,
      status: Number.isNaN(status) ? undefined : status,
      reset: shape?.reset,
    },
    table,
    anchor,
  );
}

/** The JSON an error text quotes: from its first brace to the last that closes. */
function jsonWithin(text: string): unknown {
  const from = text.search(/[[{]\s*(?:"|\[|\{)/);
  let to = from === -1 ? 0 : text.length;
  for (let tries = 0; tries < MAX_TRIES && to > from; tries += 1) {
    to = Math.max(text.lastIndexOf('}', to - 1), text.lastIndexOf(']', to - 1));
    try {
      const value: unknown = JSON.parse(text.slice(from, to + 1));
      return value;
    } catch {
      // perhaps it ends before
    }
  }
  return undefined;
}

/** For agents there is no table for. */
export function classifyAnyScreen(text: string, anchor: ResetAnchor): Finding {
  return classifyScreen(text, COMMON_WORDING, anchor, { retryIsStop: false });
}
