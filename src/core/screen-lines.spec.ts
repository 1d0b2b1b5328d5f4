import { describe, expect, it } from '@jest/globals';
import { screenLines } from './screen-lines.js';

const only = (text: string) => screenLines(text)[0];

describe('screenLines', () => {
  it.each([
    ['plain', 'usage limit reached', { glyph: '', text: 'usage limit reached', isFramed: false }],
    ['a model speaks', '⏺ I look', { glyph: '⏺', text: 'I look', isFramed: false }],
    ['output of a tool', '  ⎿  usage limit', { glyph: '⎿', text: 'usage limit', isFramed: false }],
    ['a warning in colour', '⚠\uFE0F Heads up', { glyph: '⚠\uFE0F', text: 'Heads up', isFramed: false }],
    ['a prompt', '> hello', { glyph: '>', text: 'hello', isFramed: false }],
    ['several signs', '❯ ■ stopped', { glyph: '❯ ■', text: 'stopped', isFramed: false }],
    ['a box', '│ Daily limit reached │', { glyph: '', text: 'Daily limit reached', isFramed: true }],
    ['half a box', '│ Daily limit reached', { glyph: '', text: 'Daily limit reached', isFramed: false }],
    ['a border', '╭──────╮', { glyph: '', text: '', isFramed: false }],
    ['a curly quote', 'You’ve hit', { glyph: '', text: "You've hit", isFramed: false }],
    ['a hard space', 'resets\u00a03pm', { glyph: '', text: 'resets 3pm', isFramed: false }],
  ])('%s', (_name, text, line) => {
    expect(only(text)).toEqual(line);
  });

  it.each([
    ['colours', '\u001b[1;31mred\u001b[0m', 'red'],
    ['a link', '\u001b]8;;https://example.org\u001b\\here\u001b]8;;\u001b\\', 'here'],
    ['a title', '\u001b]0;title\u0007text', 'text'],
    ['cursor moves', '\u001b[2K\u001b[1Gtext\u001b[?25h', 'text'],
    ['a title that never ends', '\u001b]0;title', '0;title'],
  ])('takes off %s', (_name, text, left) => {
    expect(only(text)?.text).toBe(left);
  });

  it('keeps the newest lines, to a bound of each', () => {
    const many = screenLines(Array.from({ length: 1000 }, (_, index) => `line ${index}`).join('\r\n'));
    expect(many).toHaveLength(400);
    expect(many.at(-1)?.text).toBe('line 999');
    expect(only('x'.repeat(10_000))?.text).toHaveLength(2000);
    expect(screenLines('')).toEqual([{ glyph: '', text: '', isFramed: false }]);
  });
});
