import type { ScreenLine } from './screen-lines.js';
import {
  BROKEN_FROM_CHARS,
  CHROME,
  CONTINUES,
  ERROR_ANNOUNCED,
  ERROR_SAID,
  GOES_ON,
  LIMIT_ANNOUNCED,
  SCREEN_NOTES,
  WRAPPING,
} from './screen-wording.js';

const MAX_CONTINUATION = 4;
const MAX_STATEMENT_LINES = 60;
const MAX_STATEMENT_CHARS = 4000;
const MAX_WRAPPINGS = 3;
const MENU = /^(?:\d+\.|\[\d+\]) /;

/** How surely words announce an error: only agents say so, or any program may. */
export type Strength = 'strong' | 'weak';

/** Something said on a screen: a line and what continues it. `words`: without what it is wrapped in. */
export type Statement = Readonly<{
  at: number;
  end: number;
  glyph: string;
  text: string;
  words: string;
  isMenu: boolean;
}>;

/** Every line with what continues it. */
export function statementsOf(lines: readonly ScreenLine[]): readonly Statement[] {
  const opened = lines.map(({ text }) => count(text, '{') - count(text, '}'));
  return lines.map(({ glyph }, at) => {
    const end = endOf(lines, opened, at);
    const said = lines.slice(at, end).map((line) => line.text);
    const text = said.join(' ').slice(0, MAX_STATEMENT_CHARS);
    return { at, end, glyph, text, words: unwrapped(text.replace(MENU, '')), isMenu: MENU.test(text) };
  });
}

/** JSON that is printed over several lines goes on until its braces are closed. */
function endOf(lines: readonly ScreenLine[], opened: readonly number[], at: number): number {
  let [end, depth] = [at + 1, opened[at] ?? 0];
  for (let next = lines[end]; next !== undefined && end - at < MAX_STATEMENT_LINES; next = lines[end]) {
    const mayContinue = end - at <= MAX_CONTINUATION && continues(next, lines[end - 1]);
    if (depth <= 0 && !mayContinue) break;
    depth += opened[end] ?? 0;
    end += 1;
  }
  return end;
}

function continues({ glyph, text }: ScreenLine, before: ScreenLine | undefined): boolean {
  if (glyph !== '' && glyph !== '·' && glyph !== '∙') return false;
  if (CONTINUES.test(`${glyph}${text}`) || /,$/.test(before?.text ?? '')) return true;
  return (before?.text.length ?? 0) >= BROKEN_FROM_CHARS && GOES_ON.test(text);
}

function count(text: string, sign: string): number {
  return text.split(sign).length - 1;
}

function unwrapped(text: string): string {
  let inner = text;
  for (let round = 0; round < MAX_WRAPPINGS; round += 1) inner = inner.replace(WRAPPING, '');
  return inner;
}

export function strengthOf(words: string): Strength | undefined {
  if (LIMIT_ANNOUNCED.test(words) || ERROR_ANNOUNCED.test(words)) return 'strong';
  return ERROR_SAID.test(words) ? 'weak' : undefined;
}

/** Typed by a person, or offered to be. */
export function isTyped(glyph: string): boolean {
  return /[❯›>$%#]/.test(glyph);
}

/** Told by someone else: in a code block, as output of a tool or command, or after a line that introduces it. */
export function isQuoted({ at, glyph }: Statement, lines: readonly ScreenLine[]): boolean {
  const before = lines.slice(0, at);
  if (before.filter(({ text }) => text.startsWith('```')).length % 2 === 1) return true;
  const last = before.findLast((line) => line.text !== '' || line.glyph !== '');
  if (last === undefined) return false;
  const isToolOutput = glyph === '⎿' && /[⏺●]/.test(last.glyph) && /^\w+\(/.test(last.text);
  return isToolOutput || /[$%]/.test(last.glyph) || QUOTED_AFTER.test(last.text);
}

const QUOTED_AFTER = /[a-z]:$|tool_use_id|toolu_|^(?:\$|curl|grep|rg|cat) /;

/** Nothing but the agent's own frame, and more announcements, follow; all of a dialog is frame. */
export function isLast({ at, end }: Statement, lines: readonly ScreenLine[]): boolean {
  const inDialog = lines[at]?.isFramed === true;
  return lines
    .slice(end)
    .every((line) => isTyped(line.glyph) || isFrame(line) || (inDialog && line.isFramed));
}

/** Nothing but the agent's own frame, and what it said before, precedes. */
export function isAlone({ at }: Statement, lines: readonly ScreenLine[]): boolean {
  return lines.slice(0, at).every((line) => /[❯›>⏺●•◆]/.test(line.glyph) || isFrame(line));
}

function isFrame({ text }: ScreenLine): boolean {
  return (
    CHROME.test(text) ||
    strengthOf(unwrapped(text)) !== undefined ||
    SCREEN_NOTES.some((note) => note.text.test(text))
  );
}
