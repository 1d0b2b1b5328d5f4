import { describe, expect, it } from '@jest/globals';
import { screenLines } from './screen-lines.js';
import { isAlone, isLast, isQuoted, isTyped, statementsOf, strengthOf } from './screen-statements.js';

const screen = (...lines: readonly string[]) => screenLines(lines.join('\n'));
const statements = (...lines: readonly string[]) => statementsOf(screen(...lines));
/** What is said at one line of a screen, asked of the whole. */
const asked = (
  question: (statement: ReturnType<typeof statementsOf>[number], lines: ReturnType<typeof screen>) => boolean,
  at: number,
  ...lines: readonly string[]
) => {
  const shown = screen(...lines);
  const statement = statementsOf(shown)[at];
  if (statement === undefined) throw new Error(`no line ${at}`);
  return question(statement, shown);
};

const LIMIT = "You've hit your session limit · resets 3pm (UTC)";

describe('statementsOf', () => {
  it('begins one at every line, and joins what continues it', () => {
    const [first, second] = statements(
      "⎿ You've hit your session limit",
      '  · resets 3pm (UTC)',
      'Something else',
    );
    expect(first).toMatchObject({ at: 0, end: 2, glyph: '⎿', text: LIMIT.replace(' ·', '') });
    expect(second).toMatchObject({ at: 1, end: 2, glyph: '·' });
  });

  it.each([
    [['Rate limited,', 'so wait'], 2],
    [[`${'a long line that a terminal broke at its width ends here'}`, 'and goes on.'], 2],
    [['A short line', 'and one of its own.'], 1],
    [['usage limit reached', '⏺ resets are nice'], 1],
    [['API Error: {', '"error": {', '"message": "x"', '}', '}', 'after'], 5],
    [['a', ...Array.from({ length: 9 }, () => 'resets at 3pm')], 5],
  ])('%j: the first is %d lines long', (lines, length) => {
    expect(statements(...lines)[0]?.end).toBe(length);
  });

  it('takes off what an announcement is wrapped in, a few layers deep, and the number of a menu', () => {
    expect(statements('Error: Claude: usage limit reached')[0]?.words).toBe('usage limit reached');
    expect(statements('1. Stop and wait for limit to reset')[0]).toMatchObject({
      isMenu: true,
      words: 'Stop and wait for limit to reset',
    });
    expect(statements('error: error: error: error: x')[0]?.words).toBe('error: x');
  });

  it('is bounded, and quick with any amount of braces', () => {
    const startedMs = performance.now();
    const found = statementsOf(screen(...Array.from({ length: 400 }, () => '{'.repeat(2000))));
    expect(performance.now() - startedMs).toBeLessThan(1000);
    for (const { at, end, text } of found) {
      expect(end - at).toBeLessThanOrEqual(60);
      expect(text.length).toBeLessThanOrEqual(4000);
    }
  });
});

describe('strengthOf', () => {
  it.each([
    [LIMIT, 'strong'],
    ['API Error: 529 overloaded', 'strong'],
    ['fetch failed', 'weak'],
    ['429 Too Many Requests', 'weak'],
    ['The function handles a rate limit', undefined],
    ['usage limits are documented there', undefined],
    ['', undefined],
  ])('"%s": %s', (words, strength) => {
    expect(strengthOf(words)).toBe(strength);
  });
});

describe('a statement', () => {
  it.each(['❯', '›', '>', '$', '%', '#'])('behind %s is typed', (glyph) => {
    expect(isTyped(glyph)).toBe(true);
  });
  it.each(['', '⎿', '⏺', '■', '·'])('behind "%s" is not', (glyph) => {
    expect(isTyped(glyph)).toBe(false);
  });

  it.each([
    ['in a code block', 1, ['```', LIMIT, '```'], true],
    ['behind a code block', 3, ['```', 'x', '```', LIMIT], false],
    ['as output of a tool', 1, ['⏺ Bash(cat log)', `⎿ ${LIMIT}`], true],
    ['as word of the agent', 1, ['⏺ I look into it', `⎿ ${LIMIT}`], false],
    ['behind a command', 1, ['$ cat log', LIMIT], true],
    ['introduced', 1, ['the log says:', LIMIT], true],
    ['with a line in between', 2, ['the log says:', '', LIMIT], true],
    ['at the start', 0, [LIMIT], false],
  ])('%s', (_name, at, lines, isIt) => {
    expect(asked(isQuoted, at, ...lines)).toBe(isIt);
  });

  it.each([
    ['alone', 0, [LIMIT], true],
    ['before the frame of its agent', 0, [LIMIT, '─────', '> ', '? for shortcuts'], true],
    ['before another announcement', 0, [LIMIT, 'API Error: 529 overloaded'], true],
    ['before work that went on', 0, [LIMIT, '⏺ Now the tests pass'], false],
    ['in a dialog', 0, [`│ ${LIMIT} │`, '│ anything at all │'], true],
    ['before a dialog', 0, [LIMIT, '│ anything at all │'], false],
  ])('is the last one: %s', (_name, at, lines, isIt) => {
    expect(asked(isLast, at, ...lines)).toBe(isIt);
  });

  it.each([
    ['alone', 0, ['fetch failed'], true],
    ['behind what was typed and said', 2, ['> go on', '⏺ I try', 'fetch failed'], true],
    ['behind other output', 1, ['npm test', 'fetch failed'], false],
  ])('is the only one: %s', (_name, at, lines, isIt) => {
    expect(asked(isAlone, at, ...lines)).toBe(isIt);
  });
});
