import { describe, expect, it } from '@jest/globals';
import { anEpisode, aReset, aStop, NOON } from '../../test/support/an-episode.js';
import { plan, type ResumePolicy } from './resume-plan.js';
import { STOP_REASONS, type StopReason } from './stop.js';

const policy: ResumePolicy = {
  enabled: true,
  marginStructuredMs: 5_000,
  marginTextMs: 60_000,
  backoff: { initialMs: 30_000, maxMs: 300_000 },
  maxAttempts: 8,
  maxWithoutProgress: 5,
  maxPerSessionDay: 12,
  maxCrashes: 3,
  crashWindowMs: 3_600_000,
};
const context = { nowMs: NOON, random: 0.5, resumesToday: 0, crashResumes: 0 };

describe('plan', () => {
  it('waits for an exact reset plus the small margin', () => {
    const stop = aStop({ reset: aReset(NOON + 60_000) });
    expect(plan(anEpisode(), stop, policy, context)).toMatchObject({ to: 'waiting', dueAtMs: NOON + 65_000 });
  });

  it('waits a minute longer for a reset that was cut to the minute', () => {
    const stop = aStop({ reset: aReset(NOON + 60_000, 'text') });
    expect(plan(anEpisode(), stop, policy, context)).toMatchObject({
      to: 'waiting',
      dueAtMs: NOON + 120_000,
    });
  });

  it('is due at once when the reset has passed, but only the first time', () => {
    const stop = aStop({ reset: aReset(NOON - 3_600_000) });
    expect(plan(anEpisode(), stop, policy, context).dueAtMs).toBe(NOON - 3_595_000);
    const again = plan(anEpisode({ attempts: 1, withoutProgress: 1 }), stop, policy, context);
    expect(again).toMatchObject({ to: 'waiting', dueAtMs: NOON + 60_000 });
  });

  it('probes with doubling waits where no reset is stated', () => {
    const waits = [0, 1, 2, 3, 4].map((withoutProgress) => {
      const { dueAtMs = 0 } = plan(anEpisode({ withoutProgress }), aStop(), policy, context);
      return (dueAtMs - NOON) / 1000;
    });
    expect(waits).toEqual([30, 60, 120, 240, 300]);
  });

  it('waits for nothing where the context is full', () => {
    const change = plan(
      anEpisode({ withoutProgress: 2 }),
      aStop({ reason: 'context_exhausted' }),
      policy,
      context,
    );
    expect(change).toMatchObject({ to: 'waiting', dueAtMs: NOON });
  });

  const resumed: StopReason[] = [
    'usage_limit',
    'rate_limit',
    'overloaded',
    'network',
    'crash',
    'timeout',
    'context_exhausted',
  ];
  it.each(STOP_REASONS.map((reason) => ({ reason })))('$reason leads to one answer', ({ reason }) => {
    const { to, why } = plan(anEpisode(), aStop({ reason }), policy, context);
    const others: Partial<Record<StopReason, string>> = {
      user_exit: 'cancelled',
      completed: 'cancelled',
      session_missing: 'gave_up',
    };
    expect(to).toBe(resumed.includes(reason) ? 'waiting' : (others[reason] ?? 'parked'));
    expect(why).not.toBe('');
  });

  it('parks a crash loop, and nothing else for its sake', () => {
    const looping = { ...context, crashResumes: 3 };
    const crash = aStop({ reason: 'crash' });
    expect(plan(anEpisode(), crash, policy, looping)).toMatchObject({
      to: 'parked',
      why: expect.stringContaining('max_crashes'),
    });
    expect(plan(anEpisode(), crash, policy, { ...context, crashResumes: 2 }).to).toBe('waiting');
    expect(plan(anEpisode(), aStop(), policy, looping).to).toBe('waiting');
  });

  it.each([
    ['max_attempts', { attempts: 8 }, 0],
    ['max_without_progress', { withoutProgress: 5 }, 0],
    ['max_per_session_day', {}, 12],
  ])('parks at %s and names it', (cap, numbers, resumesToday) => {
    const change = plan(anEpisode(numbers), aStop(), policy, { ...context, resumesToday });
    expect(change).toMatchObject({ to: 'parked', why: expect.stringContaining(cap) });
  });

  it('leaves a crash to a human that may have been the wish of one', () => {
    const doubtful = aStop({ reason: 'crash', confidence: 0.5 });
    expect(plan(anEpisode(), doubtful, policy, context)).toMatchObject({ to: 'parked' });
  });

  it('parks when resuming is off, and when nobody knows where to resume', () => {
    expect(plan(anEpisode(), aStop(), { ...policy, enabled: false }, context).to).toBe('parked');
    expect(plan(anEpisode({ contract: undefined }), aStop(), policy, context).to).toBe('parked');
  });
});
