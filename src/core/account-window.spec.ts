import { describe, expect, it } from '@jest/globals';
import { aReset, aStop, NOON } from '../../test/support/an-episode.js';
import {
  afterWork,
  bindingWindow,
  boundBy,
  learn,
  standing,
  windowOf,
  type AccountWindow,
} from './account-window.js';

describe('the windows of an account', () => {
  const window = (resetsAtMs: number, change: Partial<AccountWindow> = {}): AccountWindow => ({
    kind: 'five_hour',
    resetsAtMs,
    source: 'structured',
    seenAtMs: NOON,
    ...change,
  });

  it('are what stops tell, with a reset that is ahead', () => {
    const stop = aStop({ reset: aReset(NOON + 5), window: 'five_hour' });
    expect(windowOf(stop, undefined, NOON)).toEqual(window(NOON + 5, { seenAtMs: stop.atMs }));
    expect(windowOf(stop, undefined, NOON + 5)).toBeUndefined();
    expect(windowOf(aStop({ reset: aReset(NOON + 5) }), undefined, NOON)?.kind).toBe('usage_limit');
    expect(windowOf({ ...stop, reason: 'overloaded' }, undefined, NOON)).toBeUndefined();
    expect(windowOf(aStop(), undefined, NOON)).toBeUndefined();
  });

  it.each([
    ['the same once more', window(NOON + 61_000), false],
    ['one as sure', window(NOON + 120_000), true],
    ['a less sure one that is near', window(NOON + 120_000, { source: 'text' }), false],
    ['a less sure one that is another limit', window(NOON + 600_000, { source: 'text' }), true],
    ['an earlier one that is less sure', window(NOON + 1, { source: 'text' }), false],
    ['one of another kind', window(NOON + 120_000, { kind: 'seven_day' }), true],
  ])('take in %s: %j', (_, seen, isNews) => {
    const known = [window(NOON + 60_000)];
    expect(learn(known, seen, NOON).includes(seen)).toBe(isNews);
  });

  it('are seen as often as a session is refused for them', () => {
    const known = [window(NOON + 60_000)];
    const again = window(NOON + 60_000, { seenAtMs: NOON + 9 });
    expect(learn(known, again, NOON)).toEqual([again]);
    expect(learn([again], window(NOON + 60_000), NOON)).toEqual([again]);
  });

  it('take the surer word for the same reset', () => {
    const words = [window(NOON + 120_000, { source: 'text' })];
    expect(learn(words, window(NOON + 95_000), NOON)).toEqual([window(NOON + 95_000)]);
  });

  const held = (model: string | undefined, stopWindow = 'five_hour') => ({
    stop: aStop({ window: stopWindow }),
    contract: { cwd: '/', home: '/', ...(model === undefined ? {} : { model }) },
  });
  it.each([
    ['of the whole account', 'seven_day', undefined, true, 'five_hour'],
    ['of the model', 'seven_day_opus', 'claude-opus-4-8', true, 'five_hour'],
    ['of another model', 'seven_day_opus', 'claude-sonnet-5', false, 'five_hour'],
    ['of a model, where that of the session is not known', 'seven_day_opus', undefined, false, 'five_hour'],
    ['it was stopped by', 'seven_day_opus', 'claude-sonnet-5', true, 'seven_day_opus'],
  ])('hold a session back: one %s', (_, kind, model, isHeld, own) => {
    const other = window(NOON + 120_000, { kind });
    const five = window(NOON + 60_000);
    const binding = bindingWindow([five, other], held(model, own), NOON);
    expect(binding).toBe(isHeld ? other : five);
    expect(bindingWindow([other], held(model, own), NOON + 120_000)).toBeUndefined();
  });

  it('are refuted by work that began after them, with a model they hold', () => {
    const week = window(NOON + 120_000, { kind: 'seven_day', seenAtMs: NOON });
    const opus = window(NOON + 120_000, { kind: 'seven_day_opus', seenAtMs: NOON });
    expect(afterWork([week, opus], NOON, 'claude-opus-4-8')).toEqual([week, opus]);
    expect(afterWork([week, opus], NOON + 1, 'claude-sonnet-5')).toEqual([opus]);
    expect(afterWork([week, opus], NOON + 1, 'claude-opus-4-8')).toEqual([]);
    const all = [week];
    expect(afterWork(all, NOON, undefined)).toBe(all);
  });

  it('make nobody wait shorter', () => {
    const week = window(NOON + 120_000, { kind: 'seven_day' });
    const margins = { marginStructuredMs: 5000, marginTextMs: 60_000 };
    const wait = (dueAtMs: number) => ({ to: 'waiting', why: 'its own', dueAtMs }) as const;
    expect(boundBy(week, wait(NOON), margins)).toMatchObject({
      dueAtMs: NOON + 125_000,
      why: expect.stringContaining("the account's seven_day limit"),
    });
    for (const dueAtMs of [NOON + 125_000, NOON + 200_000])
      expect(boundBy(week, wait(dueAtMs), margins)).toEqual(wait(dueAtMs));
    const parked = { to: 'parked', why: 'a human' } as const;
    expect(boundBy(week, parked, margins)).toBe(parked);
    expect(boundBy(undefined, wait(NOON), margins)).toEqual(wait(NOON));
  });

  it('go when they have passed', () => {
    const passed = window(NOON + 1);
    expect(standing([passed], NOON + 1)).toEqual([]);
    expect(learn([passed], window(NOON + 2, { source: 'text' }), NOON + 1)).toHaveLength(1);
  });

  it('are those of one provider where the models name theirs', () => {
    const stop = aStop({ reset: aReset(NOON + 60_000) });
    const seen = windowOf(stop, 'anthropic/claude-sonnet-5', NOON);
    expect(seen?.kind).toBe('anthropic/usage_limit');
    const windows = seen === undefined ? [] : [seen];
    const bound = (model: string | undefined) => bindingWindow(windows, held(model, 'other'), NOON) === seen;
    expect(['anthropic/claude-opus-4-8', 'openai/gpt-6', undefined].map(bound)).toEqual([true, false, true]);
    expect(afterWork(windows, NOON + 1, 'openai/gpt-6')).toBe(windows);
    expect(afterWork(windows, NOON + 1, 'anthropic/claude-haiku-5')).toEqual([]);
  });
});
