import { describe, expect, it } from '@jest/globals';
import { stepsOf, trailOf } from './timeline.js';

const SEEN = '2026-11-22T12:00:00.000Z';
const STOP = {
  reason: 'usage_limit',
  confidence: 1,
  reset: null,
  window: null,
  waits_itself: false,
  evidence: { source: 'test', text: 'limit' },
  at: SEEN,
};

/** A trail with a line each second. */
function steps(state: string, ...states: readonly string[]) {
  const audit = states.map((to, index) => ({
    at: new Date(Date.parse(SEEN) + (index + 1) * 1000).toISOString(),
    from: null,
    to,
    why: '',
  }));
  return stepsOf({ state, stop: STOP, audit });
}
const shown = (state: string, ...states: readonly string[]) =>
  steps(state, ...states)
    .map((step) => step.state)
    .join(' ');

describe('the steps of an episode', () => {
  it('are under way where it waits', () => {
    expect(shown('waiting', 'detected', 'planned', 'waiting')).toBe('done done now ahead ahead ahead');
  });

  it('are all done when it is saved', () => {
    const all = ['detected', 'planned', 'waiting', 'gated', 'preflight', 'resuming', 'verifying', 'saved'];
    expect(shown('saved', ...all)).toBe('done done done done done done');
    expect(steps('saved', ...all).at(-1)?.at).toBe('2026-11-22T12:00:08.000Z');
  });

  it('pass a canary nobody needed', () => {
    expect(shown('verifying', 'detected', 'waiting', 'resuming', 'verifying')).toBe(
      'done done done passed done now',
    );
  });

  it('begin anew at the wait after a resume that did not do it', () => {
    const again = ['detected', 'waiting', 'gated', 'resuming', 'verifying', 'waiting'];
    expect(shown('waiting', ...again)).toBe('done done now ahead ahead ahead');
    expect(shown('resuming', ...again, 'resuming')).toBe('done done done passed now ahead');
  });

  it('end where a human has to go on, or nobody', () => {
    expect(shown('parked', 'detected', 'parked')).toBe('done ended ahead ahead ahead ahead');
    expect(shown('gave_up', 'detected', 'waiting', 'resuming', 'gave_up')).toBe(
      'done done done passed ended ahead',
    );
    expect(shown('cancelled', 'detected', 'waiting', 'cancelled')).toBe('done done ended ahead ahead ahead');
  });

  it('make nothing of a state they do not know', () => {
    expect(shown('pondering', 'detected', 'pondering')).toBe('done now ahead ahead ahead ahead');
  });
});

it('tells the time between the lines of a trail', () => {
  const line = { from: null, to: 'waiting', why: '' };
  const trail = trailOf([
    { ...line, at: SEEN },
    { ...line, at: '2026-11-22T14:00:00.000Z' },
  ]);
  expect(trail.map(({ afterMs }) => afterMs)).toEqual([undefined, 7_200_000]);
});
