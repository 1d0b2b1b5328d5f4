import { describe, expect, it } from '@jest/globals';
import { anEpisode, aSession, aStop, NOON } from '../../test/support/an-episode.js';
import { EPISODE_STATES } from './episode.js';
import { notificationOf } from './notification-of.js';

describe('a notification', () => {
  it('tells of a session that needs a human, where it is and why', () => {
    const episode = anEpisode({ state: 'parked', why: 'log in again', stop: aStop({ reason: 'auth' }) });
    expect(notificationOf({ type: 'episode-changed', episode, from: 'waiting' })).toEqual({
      id: 'parked/ep-1/1',
      kind: 'parked',
      atMs: NOON,
      title: 'claude-code: a session needs you (auth)',
      text: 'log in again',
      agent: 'claude-code',
      sessionId: 'session-1',
      reason: 'auth',
      episodeId: 'ep-1',
      cwd: '/project',
    });
  });

  it.each(EPISODE_STATES.filter((state) => state !== 'parked' && state !== 'gave_up'))(
    'is not made of an episode that is %s',
    (state) => {
      expect(
        notificationOf({ type: 'episode-changed', episode: anEpisode({ state }), from: undefined }),
      ).toBe(undefined);
    },
  );

  it('tells early of what will be in the way', () => {
    const problems = [
      { kind: 'cwd_missing', why: 'the folder /project is gone: bring it back' },
      { kind: 'disk_full', why: 'the disk is full: make room' },
    ] as const;
    const episode = anEpisode({ state: 'waiting' });
    expect(notificationOf({ type: 'preflight-troubled', episode, problems })).toMatchObject({
      kind: 'preflight-troubled',
      episodeId: 'ep-1',
      title: 'claude-code: a resume is in trouble (cwd_missing, disk_full)',
      text: 'the folder /project is gone: bring it back\nthe disk is full: make room',
    });
  });

  it('tells the words no rule knows', () => {
    const stop = aStop({ evidence: { source: 'transcript', rule: 'error', text: 'Come back later' } });
    expect(notificationOf({ type: 'wording-unknown', session: aSession(), stop })).toMatchObject({
      kind: 'wording-unknown',
      text: expect.stringContaining('"Come back later"'),
    });
  });

  it('holds no secret', () => {
    const episode = anEpisode({ state: 'parked', why: 'refused: authorization: Bearer abcdefghijkl' });
    const note = notificationOf({ type: 'episode-changed', episode, from: 'waiting' });
    expect(JSON.stringify(note)).not.toContain('abcdefghijkl');
  });
});
