import { describe, expect, it } from '@jest/globals';
import { aReset, aSession, aStop, anEpisode, NOON } from '../../test/support/an-episode.js';
import { EPISODE_STATES } from './episode.js';
import { explainSession, type SessionFacts } from './explain-session.js';
import { explainEpisode, type EpisodeFacts } from './explain.js';
import { STOP_REASONS, type Stop } from './stop.js';
import { TROUBLES } from './trouble.js';

const HOUR_MS = 3_600_000;
const facts = (change: Partial<EpisodeFacts> = {}): EpisodeFacts => ({
  nowMs: NOON,
  isPaused: false,
  troubles: [],
  ...change,
});
const waiting = anEpisode({
  state: 'waiting',
  why: 'usage_limit until then',
  dueAtMs: NOON + HOUR_MS,
  stop: aStop({ reset: aReset(NOON + HOUR_MS) }),
});

describe('explainEpisode', () => {
  const all = EPISODE_STATES.flatMap((state) => STOP_REASONS.map((reason) => [state, reason] as const));

  it.each(all)('says of %s, %s what was seen and what comes next', (state, reason) => {
    const episode = anEpisode({ state, stop: aStop({ reason }), why: 'because' });
    const { text, seen, planned } = explainEpisode(episode, facts());
    expect(seen).toContain(reason);
    expect(planned).not.toBe('');
    expect(text).toMatch(/^The session stopped at 2026-11-22T12:00:00\.000Z: .+\. .*Next: \S.+\.$/);
    expect(text).not.toMatch(/undefined|\bnull\b|\.\./);
  });

  it('is one paragraph of all of it', () => {
    expect(explainEpisode(waiting, facts()).text).toBe(
      'The session stopped at 2026-11-22T12:00:00.000Z: usage_limit, until 2026-11-22T13:00:00.000Z (structured), ' +
        '100 % sure by its test ("hit the limit"). In the way: usage_limit until then, until 2026-11-22T13:00:00.000Z. ' +
        'Next: resume 1 of this episode at 2026-11-22T13:00:00.000Z. What would change that: ' +
        '"palingenesis resume-now session-1" does not wait; "palingenesis skip session-1" leaves it alone; ' +
        'a prompt of yours in the session cancels it.',
    );
  });

  it('names all that is in the way, and until when', () => {
    const { blockedBy, wouldChange } = explainEpisode(
      waiting,
      facts({
        isPaused: true,
        objection: { rule: 'quiet_hours', why: 'quiet hours', untilMs: NOON + 2 * HOUR_MS },
        troubles: [{ kind: 'cwd_missing', why: 'the folder is gone' }],
        session: aSession({ liveness: 'alive', pid: 4711 }),
      }),
    );
    expect(blockedBy).toEqual([
      { kind: 'due_time', why: 'usage_limit until then', untilMs: NOON + HOUR_MS },
      { kind: 'paused', why: 'acting is paused' },
      { kind: 'quiet_hours', why: 'quiet hours', untilMs: NOON + 2 * HOUR_MS },
      { kind: 'cwd_missing', why: 'the folder is gone' },
      { kind: 'live_writer', why: 'process 4711 has the session open' },
    ]);
    expect(wouldChange).toContain('"palingenesis resume" goes on acting');
  });

  it.each(TROUBLES)('names the trouble %s', (kind) => {
    const { text } = explainEpisode(waiting, facts({ troubles: [{ kind, why: `trouble: ${kind}` }] }));
    expect(text).toContain(`trouble: ${kind}`);
  });

  it('says of a wait that is over that it is due', () => {
    expect(explainEpisode({ ...waiting, dueAtMs: NOON - 1 }, facts())).toMatchObject({
      planned: expect.stringContaining('as soon as it may'),
      blockedBy: [],
    });
  });

  it('says of what is parked what a person can do', () => {
    const parked = anEpisode({
      state: 'parked',
      stop: aStop({ reason: 'auth' }),
      why: 'the agent is not logged in',
    });
    expect(explainEpisode(parked, facts())).toMatchObject({
      blockedBy: [{ kind: 'person', why: 'the agent is not logged in' }],
      wouldChange: expect.arrayContaining([
        'log the agent in, then "palingenesis ack session-1" tries again',
      ]),
    });
  });
});

describe('explainSession', () => {
  const about = (change: Partial<SessionFacts> = {}): SessionFacts => ({
    nowMs: NOON,
    isAgentOn: true,
    adoptWithinH: 12,
    ...change,
  });
  const at = (change: Partial<Stop>) => aSession({ stop: aStop(change) });
  const { stop: _stop, ...unstopped } = aSession();
  const turn = { kind: 'open', recordId: 'r', atMs: NOON } as const;
  const { path: _path, ...unwritten } = unstopped;
  const old = { atMs: NOON - 13 * HOUR_MS };
  const closed = anEpisode({ state: 'cancelled', why: 'skipped by cli' });

  it.each([
    ['completed', at({ reason: 'completed' }), about(), /its work is done/],
    ['ended by its user', at({ reason: 'user_exit' }), about(), /left to its user/],
    ['dealt with', at({}), about({ closed }), /episode ep-1 is cancelled: skipped by cli/],
    ['too old', at(old), about(), /old stops are left alone.*resume-now session-1/],
    ['about to be taken up', at({}), about(), /about to be taken up/],
    ['of another stop before', at({ recordId: 'r2' }), about({ closed }), /about to be taken up/],
    ['of an agent that is off', at({}), about({ isAgentOn: false }), /switched off/],
    ['of an agent that is off, at work', unstopped, about({ isAgentOn: false }), /switched off/],
    ['still ending', at({}), about({ runId: 'run-1' }), /run-1 is still ending/],
    ['ours', unstopped, about({ runId: 'run-1' }), /run run-1 works on it/],
    ['at work', { ...unstopped, view: { turn } }, about(), /a turn is under way/],
    ['open', { ...unstopped, view: { turn }, liveness: 'alive' as const }, about(), /in a live process/],
    ['just started', unwritten, about(), /not written anything yet/],
    ['listed', { ...unstopped, view: { turn: { kind: 'none' as const } } }, about(), /listed only/],
    ['a helper', { ...unstopped, view: { turn, isSubagent: true as const } }, about(), /helper of another/],
  ])('says why nothing is done about one that is %s', (_what, session, known, words) => {
    const { text } = explainSession(session, known);
    expect(text).toMatch(words);
    expect(text).toMatch(/Next: \S/);
  });

  it.each(STOP_REASONS)('has something to say of an old %s', (reason) => {
    expect(explainSession(at({ reason, ...old }), about()).text).toMatch(/Next: nothing/);
  });
});
