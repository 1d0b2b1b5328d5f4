import { describe, expect, it } from '@jest/globals';
import { aReset, aStop, NOON } from '../../test/support/an-episode.js';
import { judge, refine } from './judge.js';
import type { Holding, Liveness, SessionView, Turn } from './session.js';
import type { Signal } from './signal.js';
import { evidence, type Verdict } from './stop.js';

const at = { recordId: 'r', atMs: NOON };
const { recordId: _recordId, atMs: _atMs, ...verdict } = aStop();
const throttled: Verdict = { ...verdict, reason: 'rate_limit', reset: aReset(NOON + 60_000) };

const TURNS: readonly Turn[] = [
  { kind: 'none' },
  { kind: 'open', ...at },
  { kind: 'ended', ...at },
  { kind: 'interrupted', ...at },
  { kind: 'failed', ...at, verdict },
];
const LIVENESS: readonly Liveness[] = ['alive', 'dead', 'absent', 'unknown'];

const base = { sessionId: 's', source: 'hook' as const };
/** One of each kind, all of the moment of the turn. */
const SIGNALS: readonly Signal[] = [
  { ...base, atMs: NOON, kind: 'working' },
  { ...base, atMs: NOON, kind: 'idle' },
  { ...base, atMs: NOON, kind: 'waits', verdict: { ...throttled, waitsItself: true } },
  { ...base, atMs: NOON, kind: 'failed', verdict: throttled },
  { ...base, atMs: NOON, kind: 'asks', evidence: evidence('hook', 'asks', 'may I?') },
  { ...base, atMs: NOON, kind: 'left', evidence: evidence('hook', 'left', 'bye') },
];
const signal = (kind: Signal['kind'], atMs = NOON): Signal => {
  const found = SIGNALS.find((each) => each.kind === kind);
  if (found === undefined) throw new Error(`no signal ${kind}`);
  return { ...found, atMs };
};
const reasonOf = (turn: Turn, holding: Holding, live?: Signal, view: Partial<SessionView> = {}) =>
  judge({ turn, ...view }, holding, live)?.reason;
const turnOf = (kind: Turn['kind']): Turn => TURNS.find((turn) => turn.kind === kind) ?? { kind: 'none' };

const EVERY = TURNS.flatMap((turn) =>
  LIVENESS.flatMap((liveness) =>
    [undefined, ...SIGNALS].map((live) => ({
      turn,
      liveness,
      live,
      name: `${turn.kind} ${liveness} ${live?.kind}`,
    })),
  ),
);

describe('judge', () => {
  const cases: [Turn['kind'], Liveness, boolean, string | undefined][] = [
    ['none', 'absent', false, undefined],
    ['failed', 'alive', true, 'usage_limit'],
    ['interrupted', 'alive', true, 'user_exit'],
    ['ended', 'alive', true, 'completed'],
    ['ended', 'absent', true, 'user_exit'],
    ['ended', 'dead', true, 'completed'],
    ['ended', 'unknown', true, 'completed'],
    ['ended', 'absent', false, 'completed'],
    ['open', 'alive', false, undefined],
    ['open', 'unknown', false, undefined],
    ['open', 'absent', false, 'crash'],
    ['open', 'dead', true, 'crash'],
  ];
  it.each(cases)('a turn %s, its process %s, interactive %s: %s', (kind, liveness, interactive, reason) => {
    expect(reasonOf(turnOf(kind), { liveness }, undefined, { interactive })).toBe(reason);
  });

  const signalled: [Turn['kind'], Liveness, Signal['kind'], string | undefined][] = [
    ['open', 'alive', 'working', undefined],
    ['open', 'alive', 'idle', undefined],
    ['open', 'alive', 'waits', 'rate_limit'],
    ['open', 'alive', 'failed', undefined],
    ['open', 'alive', 'asks', 'awaiting_input'],
    ['open', 'alive', 'left', undefined],
    ['open', 'unknown', 'waits', 'rate_limit'],
    ['open', 'unknown', 'asks', 'awaiting_input'],
    ['open', 'dead', 'working', 'crash'],
    ['open', 'dead', 'idle', 'crash'],
    ['open', 'dead', 'waits', 'rate_limit'],
    ['open', 'dead', 'failed', 'rate_limit'],
    ['open', 'dead', 'asks', 'crash'],
    ['open', 'dead', 'left', 'user_exit'],
    ['open', 'absent', 'waits', 'rate_limit'],
    ['open', 'absent', 'failed', 'rate_limit'],
    ['open', 'absent', 'left', 'user_exit'],
    ['ended', 'alive', 'left', 'user_exit'],
    ['ended', 'alive', 'asks', 'completed'],
    ['ended', 'dead', 'waits', 'completed'],
  ];
  it.each(signalled)('a turn %s, its process %s, told that it %s: %s', (kind, liveness, live, reason) => {
    expect(reasonOf(turnOf(kind), { liveness }, signal(live))).toBe(reason);
  });

  describe('whatever the turn, the process and the signal are', () => {
    it('gives the stop of that turn', () => {
      const reasons = {
        ended: ['completed', 'user_exit'],
        interrupted: ['user_exit'],
        failed: ['usage_limit'],
      };
      for (const { name, turn, liveness, live } of EVERY) {
        const stop = judge({ turn }, { liveness }, live);
        if (turn.kind === 'none') expect({ name, stop }).toEqual({ name, stop: undefined });
        else if (turn.kind !== 'open')
          expect({ name, among: reasons[turn.kind] }).toEqual({
            name,
            among: expect.arrayContaining([stop?.reason]),
          });
        if (stop !== undefined) expect({ name, ...stop }).toMatchObject({ name, ...at });
      }
    });

    it('says that it goes on by itself only where somebody is there to, and of a crash only where nobody is', () => {
      for (const { name, turn, liveness, live } of EVERY) {
        const stop = judge({ turn }, { liveness }, live);
        const isThere = liveness === 'alive' || liveness === 'unknown';
        const waitsItself = (turn.kind === 'open' && isThere && live?.kind === 'waits') || undefined;
        expect({ name, waitsItself: stop?.waitsItself }).toEqual({ name, waitsItself });
        expect({ name, isThere, reason: stop?.reason }).not.toEqual({ name, isThere: true, reason: 'crash' });
      }
    });

    it('listens to nothing that was said of an earlier turn', () => {
      for (const { name, turn, liveness, live } of EVERY) {
        const stale = live && { ...live, atMs: NOON - (turn.kind === 'failed' ? 5001 : 1) };
        const stop = judge({ turn }, { liveness }, stale);
        expect({ name, stop }).toEqual({ name, stop: judge({ turn }, { liveness }) });
      }
    });
  });

  it('is surer of a crash whose claim outlived it than of one that left nothing', () => {
    const [dead, absent] = (['dead', 'absent'] as const).map((liveness) =>
      judge({ turn: turnOf('open') }, { liveness }),
    );
    expect([dead?.confidence, absent?.confidence]).toEqual([0.95, 0.5]);
  });

  it('names no crash where the agent writes down no failures, but does what a live source named', () => {
    const view = { failuresUnrecorded: true } as const;
    for (const liveness of ['dead', 'absent'] as const) {
      expect(judge({ turn: turnOf('open'), ...view }, { liveness })).toMatchObject({
        reason: 'unknown',
        confidence: 0,
      });
      expect(reasonOf(turnOf('open'), { liveness }, signal('waits'), view)).toBe('rate_limit');
    }
    expect(reasonOf(turnOf('open'), { liveness: 'alive' }, undefined, view)).toBeUndefined();
    expect(reasonOf(turnOf('ended'), { liveness: 'absent' }, undefined, view)).toBe('completed');
  });

  describe('a question to a person', () => {
    it.each([
      ['open', 'alive', 'awaiting_input'],
      ['open', 'unknown', 'awaiting_input'],
      ['open', 'dead', 'crash'],
      ['ended', 'alive', 'completed'],
      ['interrupted', 'alive', 'user_exit'],
    ] as const)('by the claim of a turn %s, its process %s: %s', (kind, liveness, reason) => {
      expect(reasonOf(turnOf(kind), { liveness, asks: 'permission prompt' })).toBe(reason);
    });

    it('says what is asked, and stands before what a signal says', () => {
      const holding = { liveness: 'alive', asks: 'permission prompt' } as const;
      for (const live of [undefined, signal('waits'), signal('working')])
        expect(judge({ turn: turnOf('open') }, holding, live)).toMatchObject({
          reason: 'awaiting_input',
          evidence: { text: 'permission prompt' },
        });
    });
  });

  describe('several sources of one stop', () => {
    const failed = (reset?: Verdict['reset'], reason: Verdict['reason'] = 'usage_limit'): Signal => ({
      ...base,
      atMs: NOON,
      kind: 'failed',
      verdict: { ...verdict, reason, ...(reset === undefined ? {} : { reset }) },
    });
    const record: Turn = {
      kind: 'failed',
      ...at,
      verdict: { ...verdict, window: 'five_hour', reset: aReset(NOON + 1000, 'text') },
    };
    const resetBy = (live: Signal) => judge({ turn: record }, { liveness: 'alive' }, live)?.reset;

    it('are one stop, named by the record, with the most exact reset', () => {
      const stop = judge({ turn: record }, { liveness: 'alive' }, failed(aReset(NOON + 1234)));
      expect(stop).toMatchObject({ ...at, window: 'five_hour', reset: aReset(NOON + 1234) });
    });

    it('keep the record where the signal knows no more, or tells of something else', () => {
      expect(resetBy(failed())).toEqual(aReset(NOON + 1000, 'text'));
      expect(resetBy(failed(aReset(NOON + 9), 'overloaded'))).toEqual(aReset(NOON + 1000, 'text'));
      expect(resetBy({ ...failed(aReset(NOON + 9)), kind: 'waits', verdict })).toEqual(
        aReset(NOON + 1000, 'text'),
      );
    });

    it('may tell of the failure before its record does, but not long before', () => {
      const exact = aReset(NOON + 1234);
      expect(resetBy({ ...failed(exact), atMs: NOON - 5000 })).toEqual(exact);
      expect(resetBy({ ...failed(exact), atMs: NOON - 5001 })).not.toEqual(exact);
    });
  });
});

describe('refine', () => {
  it('takes over what a better source knows, and nothing from one of another reason', () => {
    const better = { ...verdict, confidence: 0.5, reset: aReset(NOON) };
    expect(refine({ ...verdict, window: 'five_hour' }, better)).toEqual({ ...better, window: 'five_hour' });
    expect(refine(verdict, { ...better, reason: 'billing' })).toBe(verdict);
    expect(refine(better, { ...verdict, reset: aReset(NOON + 1, 'text') })).toBe(better);
    expect(refine(verdict, undefined)).toBe(verdict);
  });

  it.each(['alive', 'unknown', 'dead', 'absent'] as const)(
    'believes a record that the agent goes on at the reset while somebody is there to: %s',
    (liveness) => {
      const turn = turnOf('failed');
      if (turn.kind !== 'failed') throw new Error('no failed turn');
      const waiting: Turn = { ...turn, verdict: { ...turn.verdict, waitsItself: true } };
      const isThere = liveness === 'alive' || liveness === 'unknown';
      expect(judge({ turn: waiting }, { liveness })?.waitsItself).toBe(isThere || undefined);
    },
  );
});
