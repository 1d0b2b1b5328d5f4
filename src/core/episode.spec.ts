import { describe, expect, it } from '@jest/globals';
import { anEpisode, aReset, aStop } from '../../test/support/an-episode.js';
import { seeded } from '../../test/support/seeded.js';
import {
  applyChange,
  EPISODE_STATES,
  FINAL_STATES,
  isPending,
  mayBecome,
  resumeKey,
  stepsTo,
  TRANSITIONS,
  type Episode,
  type EpisodeState,
} from './episode.js';

/** Every state × every target, in the order of `EPISODE_STATES`: x where the one may become the other. */
const TABLE: Readonly<Record<EpisodeState, string>> = {
  //           d p w g p r v s p g c
  detected: '. x . . . . . . x x x',
  planned: '. x x x . . . . x x x',
  waiting: '. x . x . . . . x x x',
  gated: '. x . x x . . . x x x',
  preflight: '. x . . . x . . x x x',
  resuming: '. x . . . . x . x x x',
  verifying: '. x . . . . . x x x x',
  saved: '. . . . . . . . . . .',
  parked: '. x . . . . . . . x x',
  gave_up: '. . . . . . . . . . .',
  cancelled: '. . . . . . . . . . .',
};
const pairs = EPISODE_STATES.flatMap((from) =>
  TABLE[from].split(' ').map((mark, index) => ({ from, to: EPISODE_STATES[index], allowed: mark === 'x' })),
);

describe('episode states', () => {
  it.each(pairs)('$from → $to: $allowed', ({ from, to, allowed }) => {
    if (to === undefined) throw new Error('the table has a column too many');
    expect(mayBecome(from, to)).toBe(allowed);
    const before = anEpisode({ state: from, version: 3, dueAtMs: 7 });
    const change = { to, why: 'because', dueAtMs: 99 };
    if (!allowed) return expect(() => applyChange(before, change, 50)).toThrow(`${from} cannot become ${to}`);
    const after = applyChange(before, change, 50);
    expect(after).toMatchObject({ state: to, why: 'because', version: 4, updatedAtMs: 50 });
    expect(after.dueAtMs).toBe(['planned', 'waiting', 'gated'].includes(to) ? 99 : undefined);
  });

  it('is a table of all of them', () => {
    expect(pairs).toHaveLength(EPISODE_STATES.length ** 2);
  });

  it('ends in three states, and is pending where nothing of ours runs yet', () => {
    expect(FINAL_STATES).toEqual(['saved', 'gave_up', 'cancelled']);
    expect(EPISODE_STATES.filter(isPending)).toEqual(['planned', 'waiting', 'gated', 'parked']);
  });

  it('reaches every state from the first', () => {
    const reached = new Set<EpisodeState>(['detected']);
    for (const state of reached) for (const next of TRANSITIONS[state]) reached.add(next);
    expect([...reached].toSorted()).toEqual(EPISODE_STATES.toSorted());
  });

  it('keeps the due time from the plan to the start', () => {
    const planned = applyChange(anEpisode(), { to: 'planned', why: 'p', dueAtMs: 9 }, 1);
    const gated = applyChange(planned, { to: 'gated', why: 'g' }, 2);
    expect(gated.dueAtMs).toBe(9);
    expect(applyChange(gated, { to: 'preflight', why: 'c' }, 3).dueAtMs).toBeUndefined();
  });

  it('plans what is to wait, once', () => {
    const change = { to: 'waiting', why: 'later', dueAtMs: 5 } as const;
    expect(stepsTo('verifying', change)).toEqual([{ ...change, to: 'planned' }, change]);
    expect(stepsTo('planned', change)).toEqual([change]);
    expect(stepsTo('waiting', { to: 'parked', why: 'x' })).toHaveLength(1);
  });
});

/** A life taken at random along the table. */
function walk(seed: number): readonly Episode[] {
  const random = seeded(seed);
  const steps = [anEpisode()];
  for (let last = steps[0]; last !== undefined && steps.length < 200;) {
    const targets = TRANSITIONS[last.state];
    const to = targets[Math.floor(random() * targets.length)];
    if (to === undefined) break;
    last = applyChange(last, { to, why: 'random', dueAtMs: Math.floor(random() * 1e6) }, steps.length);
    steps.push(last);
  }
  return steps;
}

describe('a life at random', () => {
  it.each(Array.from({ length: 300 }, (_, seed) => seed))('keeps the rules (seed %d)', (seed) => {
    const life = walk(seed);
    const states = life.map(({ state }) => state);
    states.forEach((state, index) => {
      const before = states[index - 1];
      expect(life[index]?.version).toBe(index + 1);
      if (state === 'saved') expect(before).toBe('verifying');
      if (state === 'verifying') expect(before).toBe('resuming');
      if (state === 'resuming') expect(states.slice(index - 2, index)).toEqual(['gated', 'preflight']);
      if (FINAL_STATES.includes(state)) expect(index).toBe(states.length - 1);
    });
  });
});

describe('the key of a resume', () => {
  const key = (change: Partial<Episode> = {}) => resumeKey(anEpisode({ stop: aStop(), ...change }));

  it('is the same however often the stop is looked at', () => {
    expect(key({ state: 'gated', why: 'other', attempts: 4, dueAtMs: 5, version: 9 })).toBe(key());
  });

  it.each([
    ['session', { sessionId: 'other' }],
    ['record', { stop: aStop({ recordId: 'record-2' }) }],
    ['reset', { stop: aStop({ reset: aReset(5) }) }],
    ['resume judged to be without progress', { withoutProgress: 1 }],
    ['human who sends it on', { acks: 1 }],
  ])('is another with another %s', (_, change) => {
    expect(key(change)).not.toBe(key());
  });
});
