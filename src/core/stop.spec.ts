import { describe, expect, it } from '@jest/globals';
import { evidence, isBetterReset, isSurer, iso, type Reset, type ResetSource } from './stop.js';

const SOURCES: readonly ResetSource[] = ['structured', 'header', 'relative', 'text'];
const from = (source: ResetSource, atMs = 1): Reset => ({ atMs, source, raw: '' });

describe('stop', () => {
  it('trusts structure more than words', () => {
    expect(isBetterReset(from('structured'), from('text'))).toBe(true);
    expect(isBetterReset(from('text'), from('structured'))).toBe(false);
    expect(isBetterReset(from('text'), from('text'))).toBe(false);
    expect(isBetterReset(from('text'), undefined)).toBe(true);
    expect(isBetterReset(undefined, undefined)).toBe(false);
  });

  it('trusts its sources in their order, whatever the instants are', () => {
    for (const [rank, source] of SOURCES.entries())
      for (const [other, against] of SOURCES.entries())
        for (const atMs of [0, 2]) {
          if (rank === other) continue;
          expect(isBetterReset(from(source, atMs), from(against))).toBe(rank < other);
          expect(isSurer(from(source, atMs), from(against))).toBe(rank < other);
        }
  });

  it('takes the newer word of an equal source for better, and the later instant for surer', () => {
    for (const source of SOURCES) {
      const [early, late] = [from(source, 1), from(source, 2)];
      expect([isBetterReset(early, late), isBetterReset(late, early)]).toEqual([true, true]);
      expect([isSurer(early, late), isSurer(late, early)]).toEqual([false, true]);
      expect([isBetterReset(early, from(source, 1)), isSurer(early, from(source, 1))]).toEqual([
        false,
        false,
      ]);
      expect([isBetterReset(undefined, early), isBetterReset(early, undefined)]).toEqual([false, true]);
    }
  });

  it('writes an instant as people read it', () => {
    expect(iso(Date.UTC(2026, 10, 22, 12))).toBe('2026-11-22T12:00:00.000Z');
  });

  it('keeps secrets out of evidence, also where they are cut', () => {
    const { text } = evidence('s', 'r', `${'x '.repeat(140)}sk-ant-made-up-0123456789 end`);
    expect(text).not.toMatch(/sk-ant/);
    expect(evidence('s', 'r', 'red \u001b[31m').text).not.toContain('\u001b');
  });

  it('cuts evidence to one bounded line', () => {
    const { text } = evidence('s', 'r', `  a\n\nb ${'x'.repeat(1000)}`);
    expect(text).toMatch(/^a b x+$/);
    expect(text).toHaveLength(300);
  });
});
