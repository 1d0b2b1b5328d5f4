import { describe, expect, it } from '@jest/globals';
import { anEpisode, aReset, aSession, aStop, NOON } from '../../test/support/an-episode.js';
import { preflight } from './preflight.js';
import type { ResumePolicy } from './resume-plan.js';

const policy: ResumePolicy = {
  enabled: true,
  marginStructuredMs: 0,
  marginTextMs: 0,
  backoff: { initialMs: 1, maxMs: 1 },
  maxAttempts: 3,
  maxWithoutProgress: 3,
  maxPerSessionDay: 3,
  maxCrashes: 3,
  crashWindowMs: 1,
};
const context = {
  nowMs: NOON + 60_000,
  random: 0,
  resumesToday: 0,
  crashResumes: 0,
  liveGraceMs: 10_000,
  nativeGraceMs: 120_000,
  reachable: false,
};
const look = (session = aSession(), change = {}) => preflight(anEpisode(change), session, policy, context);

describe('preflight', () => {
  it('lets a session go that still stands where it stopped, held by nobody', () => {
    expect(look()).toBeUndefined();
  });

  it('leaves a session alone that moved on, whoever moved it', () => {
    const view = { ...aSession().view, turn: { kind: 'open', recordId: 'record-2', atMs: NOON } } as const;
    expect(look(aSession({ view }))).toMatchObject({ to: 'cancelled' });
  });

  it('parks a session that is open in a live process, and names it', () => {
    const held = aSession({ liveness: 'alive', pid: 4711 });
    expect(look(held)).toMatchObject({ to: 'parked', why: expect.stringContaining('live process 4711') });
  });

  it('gives the process that stopped a moment to end', () => {
    const stop = aStop({ atMs: context.nowMs - 1_000 });
    expect(look(aSession({ liveness: 'alive' }), { stop })).toMatchObject({
      to: 'waiting',
      dueAtMs: stop.atMs + 10_000,
    });
  });

  it('leaves an agent alone that tries again by itself, and looks again later', () => {
    const held = aSession({ liveness: 'alive', pid: 4711, stop: aStop({ waitsItself: true }) });
    expect(look(held)).toEqual({
      to: 'waiting',
      why: 'the agent tries again by itself',
      dueAtMs: context.nowMs + policy.backoff.maxMs,
    });
  });

  it('gives an agent that goes on by itself at a reset a grace, then takes it for stale', () => {
    const stop = aStop({ waitsItself: true, reset: aReset(NOON + 30_000) });
    const held = aSession({ liveness: 'alive', pid: 4711, stop });
    const at = (nowMs: number, reachable = false) =>
      preflight(anEpisode(), held, policy, { ...context, nowMs, reachable });
    expect(at(NOON + 60_000)).toMatchObject({ to: 'waiting', dueAtMs: NOON + 150_000 });
    expect(at(NOON + 60_000, true)).toMatchObject({ to: 'waiting', dueAtMs: NOON + 150_000 });
    expect(at(NOON + 150_000)).toMatchObject({ to: 'parked', why: expect.stringMatching(/4711.*did not/) });
    expect(at(NOON + 150_000, true)).toBeUndefined();
  });

  it('parks what the agent has taken back', () => {
    const empty = aSession({ view: { ...aSession().view, turn: { kind: 'none' } } });
    expect(look(empty)).toMatchObject({ to: 'parked', why: expect.stringContaining('no turn') });
  });

  it('gives up what has no file any more', () => {
    const { path: _path, ...gone } = aSession();
    expect(preflight(anEpisode(), gone, policy, context)).toMatchObject({ to: 'gave_up' });
    expect(preflight(anEpisode(), undefined, policy, context)).toMatchObject({ to: 'gave_up' });
  });

  it('looks at the caps and the switch once more', () => {
    expect(look(aSession(), { attempts: 3 })).toMatchObject({ to: 'parked' });
    const off = preflight(anEpisode(), aSession(), { ...policy, enabled: false }, context);
    expect(off).toMatchObject({ to: 'parked', why: expect.stringContaining('resume.enabled') });
  });
});
