import { describe, expect, it } from '@jest/globals';
import { anEpisode, NOON } from '../../test/support/an-episode.js';
import { insteadOf, mergeRules, objectionAt, planUnder, type Policy } from './policy.js';
import { parseQuietHours } from './quiet-hours.js';

const HOUR_MS = 3_600_000;
const night = [parseQuietHours('22:00-07:00')].filter((span) => span !== undefined);

const aPolicy = (change: Partial<Policy> = {}): Policy => ({
  agent: 'codex',
  agentResumes: true,
  mode: 'act',
  project: {},
  quietHours: [],
  zone: 'UTC',
  budgetPerH: 0,
  ...change,
});
const resumed = (...hoursAgo: readonly number[]) =>
  hoursAgo.map((hours) => ({ startedAtMs: NOON - hours * HOUR_MS, inProject: true }));

describe('objectionAt', () => {
  it('has nothing to say where the user said nothing', () => {
    expect(objectionAt(aPolicy(), NOON, resumed(0, 0, 0))).toBeUndefined();
  });

  it.each([
    [{ agentResumes: false }, 'agent_off', 'agents.codex.resume'],
    [{ project: { path: '/work/**', resume: false } }, 'project_off', '/work/**'],
    [{ mode: 'observe' }, 'observe', 'resume.mode'],
    [{ project: { path: '/work/**', mode: 'observe' } }, 'observe', '/work/**'],
  ] as const)('objects for good under %j', (change, rule, words) => {
    const objection = objectionAt(aPolicy(change), NOON, []);
    expect(objection).toEqual({ rule, why: expect.stringContaining(words) });
  });

  it('lets a folder act where all else is observed', () => {
    expect(objectionAt(aPolicy({ mode: 'observe', project: { mode: 'act' } }), NOON, [])).toBeUndefined();
  });

  it('waits for the end of quiet hours', () => {
    const atMs = NOON + 11 * HOUR_MS;
    expect(objectionAt(aPolicy({ quietHours: night }), NOON, [])).toBeUndefined();
    expect(objectionAt(aPolicy({ quietHours: night }), atMs, [])).toMatchObject({
      rule: 'quiet_hours',
      untilMs: NOON + 19 * HOUR_MS,
    });
  });

  it('waits until the budget of an hour has room again', () => {
    const policy = aPolicy({ budgetPerH: 2 });
    expect(objectionAt(policy, NOON, resumed(0.25, 1, 2))).toBeUndefined();
    expect(objectionAt(policy, NOON, resumed(0.75, 0.25, 0.5))).toMatchObject({
      rule: 'budget',
      untilMs: NOON + HOUR_MS / 2,
    });
  });

  it('counts for the cap of a project only what was resumed in it', () => {
    const policy = aPolicy({ project: { path: '/work/**', maxPerDay: 1 } });
    const elsewhere = resumed(1).map((resume) => ({ ...resume, inProject: false }));
    expect(objectionAt(policy, NOON, elsewhere)).toBeUndefined();
    expect(objectionAt(policy, NOON, [...elsewhere, ...resumed(3)])).toMatchObject({
      rule: 'project_cap',
      untilMs: NOON + 21 * HOUR_MS,
    });
  });

  it('tells of several what ends last, and only then that it is observed', () => {
    const policy = aPolicy({ mode: 'observe', budgetPerH: 1, quietHours: night });
    const atMs = NOON + 11 * HOUR_MS;
    expect(objectionAt(policy, atMs, [{ startedAtMs: atMs, inProject: false }])?.rule).toBe('quiet_hours');
    expect(objectionAt(policy, NOON, resumed(0))?.rule).toBe('budget');
    expect(objectionAt(policy, NOON, [])?.rule).toBe('observe');
  });
});

describe('mergeRules', () => {
  it('lets the later rule win where both say something', () => {
    const rules = [
      { path: '/home/**', resume: false, maxPerDay: 3 },
      { path: '/home/work/**', resume: true },
    ];
    expect(mergeRules(rules)).toEqual({ path: '/home/work/**', resume: true, maxPerDay: 3 });
    expect(mergeRules([])).toEqual({});
  });
});

describe('what an objection makes', () => {
  const wait = { to: 'waiting', why: 'usage_limit', dueAtMs: NOON } as const;
  const due = anEpisode({ state: 'waiting', dueAtMs: NOON, attempts: 1 });

  it('of a plan: later, parked, or the same with a word on it', () => {
    expect(planUnder(wait, { rule: 'quiet_hours', why: 'quiet', untilMs: NOON + 1 })).toEqual({
      to: 'waiting',
      why: 'usage_limit; then quiet',
      dueAtMs: NOON + 1,
    });
    expect(planUnder(wait, { rule: 'agent_off', why: 'off' })).toEqual({ to: 'parked', why: 'off' });
    expect(planUnder(wait, { rule: 'observe', why: 'observed' })).toEqual({
      ...wait,
      why: 'usage_limit; observed: it will not be done',
    });
  });

  it('of a due episode: a new due time, or parked, saying what would have been done', () => {
    expect(insteadOf(due, { rule: 'budget', why: 'spent', untilMs: NOON + 1 })).toEqual({
      to: 'waiting',
      why: 'spent',
      dueAtMs: NOON + 1,
    });
    expect(insteadOf(due, { rule: 'observe', why: 'observed' })).toEqual({
      to: 'parked',
      why: 'observed: resume 2 of the same session would start now, as acceptEdits in /project',
    });
    expect(insteadOf(due, { rule: 'project_off', why: 'off' })).toEqual({ to: 'parked', why: 'off' });
  });
});
