import { describe, expect, it } from '@jest/globals';
import { aReset, aStop, NOON } from '../../test/support/an-episode.js';
import { isAdopted } from './adoption.js';

const HOUR_MS = 3_600_000;
const adoption = { nowMs: NOON, startedMs: NOON - HOUR_MS, adoptWithinH: 12 };

describe('isAdopted', () => {
  it.each([
    ['a stop of today', { atMs: NOON - 11 * HOUR_MS }, true],
    ['an old one', { atMs: NOON - 13 * HOUR_MS }, false],
    ['an old one whose limit still holds', { atMs: NOON - 13 * HOUR_MS, reset: aReset(NOON + 1) }, true],
    ['work that is done', { reason: 'completed' }, false],
    ['an exit just now', { reason: 'user_exit' }, true],
    ['an exit before the start', { reason: 'user_exit', atMs: NOON - 2 * HOUR_MS }, false],
  ] as const)('%s: %j → %s', (_what, change, adopted) => {
    expect(isAdopted(aStop(change), adoption)).toBe(adopted);
  });
});
