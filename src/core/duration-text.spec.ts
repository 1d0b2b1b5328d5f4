import { describe, expect, it } from '@jest/globals';
import { seeded } from '../../test/support/seeded.js';
import { DURATION, durationMs, endOf } from './duration-text.js';

const WHOLE = new RegExp(`^(?:${DURATION})$`, 'i');
const FOUND = new RegExp(DURATION, 'i');
const UNITS: readonly (readonly [number, readonly string[]])[] = [
  [1, ['ms', 'millisecond', 'milliseconds']],
  [1000, ['s', 'sec', 'secs', 'second', 'seconds']],
  [60_000, ['m', 'min', 'mins', 'minute', 'minutes']],
  [3_600_000, ['h', 'hr', 'hrs', 'hour', 'hours']],
  [86_400_000, ['d', 'day', 'days']],
  [604_800_000, ['w', 'week', 'weeks']],
];

describe('duration text', () => {
  it.each([
    ['45 minutes', 2_700_000],
    ['2h5m', 7_500_000],
    ['6 days and 18 hours', 583_200_000],
    ['11.054s', 11_054],
    ['4d 17h', 406_800_000],
    ['1 hour, 2 minutes, 3 seconds', 3_723_000],
    ['19H14M47S', 69_287_000],
    ['500ms', 500],
    ['0s', 0],
  ])('%s', (text, lengthMs) => {
    expect(text).toMatch(WHOLE);
    expect(durationMs(text)).toBe(lengthMs);
  });

  it('knows every unit it finds, in any case of letters', () => {
    for (const [unitMs, names] of UNITS)
      for (const name of names)
        for (const text of [`3 ${name}`, `3${name.toUpperCase()}`]) {
          expect(text).toMatch(WHOLE);
          expect({ text, lengthMs: durationMs(text) }).toEqual({ text, lengthMs: 3 * unitMs });
        }
  });

  it('adds up what it is made of, however it is joined', () => {
    const random = seeded(7);
    const joins = ['', ' ', ', ', ' and '];
    for (let count = 0; count < 500; count += 1) {
      const parts = UNITS.filter(() => random() < 0.5).map(([unitMs, [name = '']]) => ({
        amount: Math.floor(random() * 100),
        unitMs,
        name,
      }));
      if (parts.length === 0) continue;
      const join = joins[count % joins.length] ?? '';
      const text = parts.map(({ amount, name }) => `${amount}${name}`).join(join);
      expect(text).toMatch(WHOLE);
      const sumMs = parts.reduce((sum, { amount, unitMs }) => sum + amount * unitMs, 0);
      expect({ text, lengthMs: durationMs(text) }).toEqual({ text, lengthMs: sumMs });
    }
  });

  it.each(['5 months', '5 files', 'an hour', '3 sessions', '12345678s', '5', 'ms'])(
    'finds none in "%s"',
    (text) => {
      expect(text).not.toMatch(WHOLE);
      expect(text).not.toMatch(FOUND);
    },
  );

  it('takes no longer for a long text', () => {
    const startedMs = performance.now();
    FOUND.test('1 '.repeat(50_000));
    WHOLE.test('1s,'.repeat(50_000));
    expect(performance.now() - startedMs).toBeLessThan(1000);
  });
});

describe('endOf', () => {
  it.each([
    [0, 1000],
    [5, 1005],
    [-1, undefined],
    [NaN, undefined],
    [Infinity, undefined],
    [9_999_999 * 604_800_000, undefined],
  ])('a wait of %d ms from 1000 on ends at %p', (waitMs, atMs) => {
    expect(endOf(1000, waitMs)).toBe(atMs);
  });

  it.each([NaN, Infinity, 8.64e15])('there is none for one from %d on', (sinceMs) => {
    expect(endOf(sinceMs, 1)).toBeUndefined();
  });
});
