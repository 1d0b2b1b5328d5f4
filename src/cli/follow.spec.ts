import { beforeEach, describe, expect, it } from '@jest/globals';
import { Answer, ServiceError } from './client.js';
import { Follower, type Change, type End } from './follow.js';

const AT = '2026-11-22T13:00:00.000Z';
const STOP = { reason: 'usage_limit', reset: null, evidence: { text: 'session limit' } };
const LAUNCH = { id: 'r1', kind: 'launch', started_at: AT, ended_at: null, denied_tools: [] };
const RUNNING = { ...LAUNCH, state: 'running', result: null, reason: null };
const FAILED = { ...LAUNCH, state: 'ended', result: 'failed', reason: 'usage_limit', ended_at: AT };
const OK = { ...FAILED, id: 'r2', kind: 'resume', result: 'ok', reason: null };

function session(state: string, runs: object[], episodes: object[] = []): object {
  return { id: 's', agent: 'a', state, stop: null, runs, episodes };
}

function episode(state: string, ...trail: string[]): object {
  const audit = trail.map((to) => ({ at: AT, to, why: `why ${to}` }));
  const common = { id: 'e1', session_id: 's', why: 'why', due_at: null, attempts: 0, stop: STOP };
  return { ...common, state, created_at: AT, updated_at: `2026-11-22T13:00:0${trail.length}.000Z`, audit };
}

describe('Follower', () => {
  let told: Change[];
  let nowMs: number;

  beforeEach(() => {
    told = [];
    nowMs = 0;
  });

  /** Each look gets the next answer; the last one stays. */
  function follow(...looks: (object | Error)[]): Promise<End> {
    let current: object | Error = looks[0] ?? {};
    const get = async (path: string): Promise<Answer> => {
      if (path.includes('/sessions/')) current = looks.length > 1 ? (looks.shift() ?? {}) : (looks[0] ?? {});
      if (Error.isError(current)) throw current;
      const body = path.includes('/episodes/') ? episodesOf(current)[0] : current;
      return new Answer(JSON.stringify(body), 'the answer');
    };
    const sleep = async (ms: number): Promise<void> => void (nowMs += ms);
    return new Follower({ get }, 's', (change) => told.push(change), { nowMs: () => nowMs, sleep }).follow();
  }

  const states = (): string[] => told.map(({ state }) => state);

  it('ends at once when the run did what it should', async () => {
    const end = await follow(
      session('working', [RUNNING]),
      session('completed', [{ ...FAILED, result: 'ok' }]),
    );
    expect(end.session.state).toBe('completed');
    expect(states()).toEqual(['working', 'completed']);
    expect(nowMs).toBe(500);
  });

  it('tells each change of the trail once, however many happened between two looks', async () => {
    await follow(
      session('working', [RUNNING]),
      session('waiting', [FAILED], [episode('waiting', 'detected', 'waiting')]),
      session('waiting', [FAILED], [episode('waiting', 'detected', 'waiting')]),
      session(
        'completed',
        [OK, FAILED],
        [episode('saved', 'detected', 'waiting', 'resuming', 'verifying', 'saved')],
      ),
    );
    expect(states()).toEqual([
      ...['working', 'detected', 'waiting', 'resuming', 'verifying', 'saved', 'completed'],
    ]);
    expect(told[1]).toEqual({
      atMs: Date.parse(AT),
      state: 'detected',
      why: 'why detected',
      episodeId: 'e1',
    });
  });

  it('gives a failed run time for its episode', async () => {
    const gap = Array.from({ length: 5 }, () => session('stopped', [FAILED]));
    await follow(...gap, session('parked', [FAILED], [episode('parked', 'detected', 'parked')]));
    expect(states()).toEqual(['working', 'detected', 'parked']);
  });

  it('ends where a failed run is left without an episode', async () => {
    const end = await follow(session('stopped', [FAILED]));
    expect(end.session.state).toBe('stopped');
    expect(states()).toEqual(['working', 'stopped']);
    expect(nowMs).toBe(3000);
  });

  it('survives a restart, in which sessions are not known at once', async () => {
    const away = Array.from({ length: 20 }, () => new ServiceError(undefined, 3, 'away'));
    await follow(
      session('working', [RUNNING]),
      ...away,
      new ServiceError(404, 1, 'no session'),
      session('completed', [{ ...FAILED, result: 'ok' }]),
    );
    expect(states()).toEqual(['working', 'completed']);
  });

  it('gives up on a service that stays away, and at once on one that is none', async () => {
    await expect(
      follow(session('working', [RUNNING]), new ServiceError(undefined, 3, 'away')),
    ).rejects.toThrow('away');
    expect(nowMs).toBeGreaterThanOrEqual(120_000);
    expect(nowMs).toBeLessThan(125_000);
    await expect(follow({ strange: true })).rejects.toThrow('no "id"');
  });
});

function episodesOf(current: object): unknown[] {
  return 'episodes' in current && Array.isArray(current.episodes) ? current.episodes : [];
}
