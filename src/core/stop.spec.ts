import { describe, expect, it } from '@jest/globals';
import { evidence, isBetterReset, type ResetSource } from './stop.js';

const from = (source: ResetSource) => ({ atMs: 1, source, raw: '' });

describe('stop', () => {
  it('trusts structure more than words', () => {
    expect(isBetterReset(from('structured'), from('text'))).toBe(true);
    expect(isBetterReset(from('text'), from('structured'))).toBe(false);
    expect(isBetterReset(from('text'), from('text'))).toBe(false);
    expect(isBetterReset(from('text'), undefined)).toBe(true);
    expect(isBetterReset(undefined, undefined)).toBe(false);
  });

  it('cuts evidence to one bounded line', () => {
    const { text } = evidence('s', 'r', `  a\n\nb ${'x'.repeat(1000)}`);
    expect(text).toMatch(/^a b x+$/);
    expect(text).toHaveLength(300);
  });
});
