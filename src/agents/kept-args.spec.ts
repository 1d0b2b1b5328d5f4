import { describe, expect, it } from '@jest/globals';
import { keptArgs } from './kept-args.js';

const ARITIES = { '--allowedTools': 'many', '--settings': 'one', '--strict': 'flag' } as const;

describe('the arguments that are kept', () => {
  it.each([
    ['claude -p --verbose', ''],
    ['claude --allowedTools Read Edit -p go', '--allowedTools Read Edit'],
    ['claude --settings a.json go', '--settings a.json'],
    ['claude --strict go --settings=b.json go on', '--strict --settings=b.json'],
    ['claude --allowedTools=Read go', '--allowedTools=Read'],
    ['claude --allowedTools Read --resume x --allowedTools Edit', '--allowedTools Read --allowedTools Edit'],
    ['claude --toString --constructor=x', ''],
  ])('of "%s" are "%s"', (line, kept) => {
    expect(keptArgs(line.split(' '), ARITIES).join(' ')).toBe(kept);
  });

  it('are none where they are longer than anybody types', () => {
    expect(keptArgs(['--settings', 'x'.repeat(40_000)], ARITIES)).toEqual([]);
  });
});
