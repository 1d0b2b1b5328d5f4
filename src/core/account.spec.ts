import { describe, expect, it } from '@jest/globals';
import { aReset, aStop, NOON } from '../../test/support/an-episode.js';
import {
  admitOwn,
  admitShared,
  afterProgress,
  afterRefusal,
  newAccount,
  opensAtMs,
  type Account,
  type Gate,
} from './account.js';
import { accountIdOf, isShared } from './account-id.js';

const policy = { backoff: { initialMs: 30_000, maxMs: 300_000 }, slowStartStepMs: 10_000, maxPerAccount: 16 };
const at = (nowMs: number) => ({ nowMs, random: 0.5, policy });
const none = { running: 0, shared: 0 };
const withGate = (gate: Gate): Account => ({ ...newAccount('a', 'agent', '/home'), gate });
const refused = (gate: Gate, change: object, nowMs: number, startedAtMs?: number) =>
  afterRefusal(gate, { stop: aStop(change), startedAtMs, isNewWindow: false }, at(nowMs));

describe('a gate', () => {
  it('is open to all, up to the cap', () => {
    const account = withGate({ kind: 'open' });
    expect(admitShared(account, { running: 15, shared: 0 }, at(NOON)).admit).toBe(true);
    for (const admit of [admitShared, admitOwn])
      expect(admit(account, { running: 16, shared: 0 }, at(NOON))).toMatchObject({
        admit: false,
        why: expect.stringContaining('max_per_account'),
      });
  });

  it('lets one go after a limit, and sessions with reasons of their own', () => {
    const account = withGate({ kind: 'canary', sinceMs: NOON });
    expect(admitShared(account, none, at(NOON))).toMatchObject({ admit: true, isProbe: true });
    expect(admitShared(account, { running: 1, shared: 1 }, at(NOON)).admit).toBe(false);
    expect(admitOwn(account, { running: 1, shared: 1 }, at(NOON))).toMatchObject({ admit: true });
  });

  it('lets 1, 2, 4, … follow the one that works, step by step, and is open then', () => {
    let gate = afterProgress({ kind: 'canary', sinceMs: NOON }, NOON + 1, at(NOON + 2));
    const steps: number[] = [];
    for (let nowMs = NOON + 2; gate.kind !== 'open' && steps.length < 9; nowMs += 10_000) {
      let count = 0;
      for (let asked = 0; asked < 40; asked += 1) {
        const answer = admitShared(withGate(gate), none, at(nowMs));
        if (!answer.admit) break;
        gate = answer.gate;
        if (gate.kind === 'open') break;
        count += 1;
      }
      steps.push(count);
    }
    expect(steps).toEqual([1, 2, 4, 8, 0]);
    expect(gate).toEqual({ kind: 'open' });
  });

  it('says when its next step is', () => {
    const gate = { kind: 'slow_start', sinceMs: 1, size: 2, left: 0, nextMs: 77, failures: 0 } as const;
    expect(opensAtMs(gate)).toBe(77);
    expect(opensAtMs({ ...gate, left: 1 })).toBeUndefined();
    expect(admitShared(withGate(gate), none, at(76))).toMatchObject({ admit: false, untilMs: 77 });
  });

  it('is not opened by a resume that began before it was shut', () => {
    const gate = { kind: 'canary', sinceMs: NOON } as const;
    expect(afterProgress(gate, NOON - 1, at(NOON))).toBe(gate);
    const open = { kind: 'open' } as const;
    expect(afterProgress(open, NOON, at(NOON))).toBe(open);
  });
});

describe('a refusal', () => {
  it('shuts an open gate until one has tried, at the reset where that is known', () => {
    expect(refused({ kind: 'open' }, { reset: aReset(NOON + 1) }, NOON)).toEqual({
      kind: 'canary',
      sinceMs: NOON,
    });
    expect(refused({ kind: 'open' }, { reset: aReset(NOON - 1) }, NOON)).toMatchObject({ kind: 'canary' });
    expect(refused({ kind: 'open' }, { reason: 'overloaded' }, NOON)).toEqual({
      kind: 'breaker',
      sinceMs: NOON,
      untilMs: NOON + 30_000,
      failures: 0,
    });
  });

  it('grows from one failed try to the next, and is forgotten when the gate is open', () => {
    let gate = refused({ kind: 'open' }, { reason: 'overloaded' }, NOON);
    const waits = [30_000];
    while (waits.length < 6) {
      const nowMs = opensAtMs(gate) ?? NaN;
      expect(admitShared(withGate(gate), none, at(nowMs - 1)).admit).toBe(false);
      expect(admitShared(withGate(gate), none, at(nowMs))).toMatchObject({ admit: true, isProbe: true });
      gate = refused(gate, { reason: 'overloaded' }, nowMs, nowMs);
      waits.push((opensAtMs(gate) ?? NaN) - nowMs);
    }
    expect(waits).toEqual([30_000, 60_000, 120_000, 240_000, 300_000, 300_000]);
  });

  it('stops the flow of a slow start', () => {
    const gate = { kind: 'slow_start', sinceMs: NOON, size: 4, left: 2, nextMs: NOON, failures: 1 } as const;
    expect(refused(gate, { reason: 'overloaded' }, NOON + 5, NOON + 1)).toMatchObject({
      kind: 'breaker',
      failures: 2,
    });
  });

  it('counts once, however many resumes meet it', () => {
    const gate = refused({ kind: 'open' }, { reason: 'overloaded' }, NOON);
    expect(refused(gate, { reason: 'overloaded' }, NOON + 5, NOON - 5)).toBe(gate);
    expect(refused(gate, { reason: 'overloaded' }, NOON + 5)).toBe(gate);
  });

  it('holds at its own reset: then it is tried with growing waits', () => {
    const gate = { kind: 'canary', sinceMs: NOON } as const;
    expect(refused(gate, { reset: aReset(NOON + 1) }, NOON + 9, NOON + 5)).toMatchObject({ kind: 'breaker' });
    expect(refused(gate, { reset: aReset(NOON + 99) }, NOON + 9, NOON + 5)).toMatchObject({ kind: 'canary' });
  });

  it('of another window, told by a session elsewhere, stops the flow', () => {
    const gate = { kind: 'slow_start', sinceMs: NOON, size: 1, left: 1, nextMs: NOON, failures: 0 } as const;
    const stop = aStop({ reset: aReset(NOON + 60_000) });
    const seen = { stop, startedAtMs: undefined, isNewWindow: true };
    expect(afterRefusal(gate, seen, at(NOON + 1))).toEqual({ kind: 'canary', sinceMs: NOON + 1 });
  });
});

describe('the id of an account', () => {
  it('is the same for one home, another for each other, and fit for a path', () => {
    const ids = ['/home/a/.claude', '/home/b/.claude', '/home/a/.claude/', '/srv/my agent/ü'].map((home) =>
      accountIdOf('claude-code', home),
    );
    expect(new Set(ids).size).toBe(4);
    expect(accountIdOf('claude-code', '/home/a/.claude')).toBe(ids[0]);
    expect(ids[0]).toMatch(/^claude-code:\.claude-[0-9a-f]{8}$/);
    for (const id of ids) expect(id).toMatch(/^[\w.:-]+$/);
  });

  it('is concerned by limits, not by what a session did itself', () => {
    expect(isShared('usage_limit') && isShared('rate_limit') && isShared('overloaded')).toBe(true);
    expect(isShared('crash') || isShared('network') || isShared('auth')).toBe(false);
  });
});
