import { describe, expect, it } from '@jest/globals';
import { backoffMs } from './backoff.js';

const backoff = { initialMs: 30_000, maxMs: 300_000 };

describe('backoffMs', () => {
  it('doubles up to the most', () => {
    expect([0, 1, 2, 3, 4, 100].map((attempt) => backoffMs(backoff, attempt, 0.5))).toEqual([
      30_000, 60_000, 120_000, 240_000, 300_000, 300_000,
    ]);
  });

  it('strays by a tenth at most', () => {
    expect(backoffMs(backoff, 0, 0)).toBe(27_000);
    expect(backoffMs(backoff, 0, 0.999_999)).toBe(33_000);
  });
});
