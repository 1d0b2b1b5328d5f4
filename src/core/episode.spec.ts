import { describe, expect, it } from '@jest/globals';
import { anEpisode } from '../../test/support/an-episode.js';
import { applyChange, EPISODE_STATES, isOpen, mayBecome, TRANSITIONS } from './episode.js';

describe('episode states', () => {
  it('reaches every state from the first', () => {
    const reached = new Set<string>(['detected']);
    for (const state of reached) for (const next of TRANSITIONS[state as 'detected']) reached.add(next);
    expect([...reached].toSorted()).toEqual([...EPISODE_STATES].toSorted());
  });

  it('saves only what was verified', () => {
    expect(EPISODE_STATES.filter((state) => mayBecome(state, 'saved'))).toEqual(['verifying']);
  });

  it('is over when saved or cancelled, and only then', () => {
    expect(EPISODE_STATES.filter((state) => !isOpen(state))).toEqual(['saved', 'cancelled']);
  });

  const pairs = EPISODE_STATES.flatMap((from) => EPISODE_STATES.map((to) => ({ from, to })));

  it.each(pairs.filter(({ from, to }) => mayBecome(from, to)))(
    '$from → $to is stored anew',
    ({ from, to }) => {
      const before = anEpisode({ state: from, version: 3 });
      const after = applyChange(before, { to, why: 'because', dueAtMs: 99 }, 50);
      expect(after).toMatchObject({ state: to, why: 'because', version: 4, updatedAtMs: 50 });
      expect(after.dueAtMs).toBe(to === 'waiting' ? 99 : undefined);
    },
  );

  it.each(pairs.filter(({ from, to }) => !mayBecome(from, to)))('$from → $to is refused', ({ from, to }) => {
    expect(() => applyChange(anEpisode({ state: from }), { to, why: '' }, 1)).toThrow(
      `${from} cannot become ${to}`,
    );
  });
});
