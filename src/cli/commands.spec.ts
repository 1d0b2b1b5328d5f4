import { describe, expect, it } from '@jest/globals';
import type { EpisodeDetail, Run, SessionDetail, Status } from './api.js';
import { COMMANDS } from './commands.js';
import { formatAct } from './control.command.js';
import { Fields } from './fields.js';
import { formatEpisode, formatEpisodes } from './episodes.command.js';
import { helpOf, overview } from './help.command.js';
import { explainEnd, formatChange } from './run.command.js';
import { formatSession, formatSessions } from './sessions.command.js';
import { formatStatus } from './status.command.js';

const NOW_MS = Date.UTC(2026, 10, 22, 13, 0, 0);
const STATUS: Status = {
  state: 'running',
  version: '0.1.0',
  uptimeS: 7500,
  sessions: new Map([['claude-code', 13]]),
  episodes: new Map([['waiting', 1]]),
  saves: 4,
  timeSavedS: 7500,
  waits: [{ sessionId: 's-1', reason: 'usage_limit', dueAtMs: NOW_MS + 1_500_000, why: 'until then' }],
};
const EPISODE: EpisodeDetail = {
  id: 'ep-1',
  sessionId: 's-1',
  state: 'waiting',
  why: 'usage_limit until then',
  dueAtMs: NOW_MS + 60_000,
  attempts: 2,
  stop: { reason: 'usage_limit', resetAtMs: undefined, text: 'session limit' },
  createdAtMs: NOW_MS,
  updatedAtMs: NOW_MS,
  audit: [
    { atMs: NOW_MS, to: 'detected', why: 'usage_limit' },
    { atMs: NOW_MS, to: 'waiting', why: 'until then' },
  ],
};
const RUN: Run = {
  id: 'run-1',
  kind: 'launch',
  isRunning: false,
  startedAtMs: NOW_MS - 90_000,
  endedAtMs: NOW_MS,
  result: 'failed',
  reason: 'usage_limit',
  deniedTools: ['Bash'],
};
const SESSION: SessionDetail = {
  id: 's-1',
  agent: 'claude-code',
  state: 'waiting',
  cwd: '/project',
  model: undefined,
  permissionMode: 'acceptEdits',
  path: undefined,
  pid: undefined,
  lastActivityAtMs: NOW_MS - 3000,
  stop: EPISODE.stop,
  workflow: {
    file: '/project/docs/story.md',
    status: 'in_progress',
    progress: 0.29,
    lastStep: 'design',
    nextStep: 4,
    nextStepFile: '/project/docs/Next-step.md',
  },
  episodes: [EPISODE],
  runs: [RUN],
};

describe('what the commands print', () => {
  it('status: facts, then the waits with their due times', () => {
    const lines = formatStatus(STATUS, NOW_MS).split('\n');
    expect(lines.slice(0, 7)).toEqual([
      'state     running',
      'version   0.1.0',
      'up        2 h 5 min',
      'sessions  claude-code 13',
      'episodes  waiting 1',
      'saves     4 (2 h 5 min of work)',
      'waits     1',
    ]);
    expect(lines.at(-1)).toMatch(/^in 25 min {2}2026-\S+ \S+ \S+ {2}usage_limit {2}s-1 +until then$/);
  });

  it('status: says what paused means, and that nothing is waited for', () => {
    const text = formatStatus({ ...STATUS, state: 'paused', waits: [] }, NOW_MS);
    expect(text).toContain('paused (stops are recorded, nothing is resumed)');
    expect(text).toMatch(/waits +none$/);
  });

  it('sessions: a line each, and whether there are more', () => {
    expect(formatSessions({ items: [SESSION], hasMore: true }, NOW_MS).split('\n')).toEqual([
      'SESSION  AGENT        STATE    ACTIVE   CWD',
      's-1      claude-code  waiting  3 s ago  /project',
      'there are more: see --limit',
    ]);
    expect(formatSessions({ items: [], hasMore: false }, NOW_MS)).toBe('no sessions');
  });

  it('sessions ID: facts, episodes and runs', () => {
    const text = formatSession(SESSION, NOW_MS);
    expect(text).toMatch(/^permission mode {2}acceptEdits$/m);
    expect(text).toMatch(/^model +-$/m);
    expect(text).toMatch(/^stop +usage_limit: session limit$/m);
    expect(text).toContain(
      '\nworkflow         in_progress, 29 %, last step design, next step 4, /project/docs/story.md, ' +
        '/project/docs/Next-step.md\n',
    );
    expect(formatSession({ ...SESSION, workflow: undefined }, NOW_MS)).toMatch(/^workflow +-$/m);
    expect(text).toMatch(/^ep-1 +waiting +usage_limit/m);
    expect(text).toMatch(/^run-1 +launch +failed: usage_limit .* 1 min +refused: Bash$/m);
  });

  it('episodes: a line each; one with its trail', () => {
    expect(formatEpisodes({ items: [EPISODE], hasMore: false }, NOW_MS).split('\n')).toHaveLength(2);
    expect(formatEpisodes({ items: [], hasMore: false }, NOW_MS)).toBe('no episodes');
    const lines = formatEpisode(EPISODE, NOW_MS).split('\n');
    expect(lines).toContainEqual(expect.stringMatching(/^due +in 1 min, 2026-/));
    expect(lines.at(-1)).toMatch(/^2026-\S+ \S+ \S+ +waiting +until then$/);
  });

  it('run: a line per change, a stop as such', () => {
    expect(formatChange({ atMs: NOW_MS, state: 'detected', why: 'usage_limit' })).toMatch(
      /^2026-\S+ \S+ \S+ {2}stopped: usage_limit$/,
    );
    expect(formatChange({ atMs: NOW_MS, state: 'working', why: '' })).toMatch(/ {2}working$/);
  });

  it.each([
    [{}, 'it is waiting: usage_limit until then; see: palingenesis sessions s-1'],
    [{ episodes: [] }, 'it is waiting: session limit'],
    [{ episodes: [], stop: undefined }, 'its last run ended: usage_limit'],
    [{ episodes: [], stop: undefined, runs: [] }, 'nothing is known of it'],
  ])('run: says why a session did not complete (%#)', (change, words) => {
    expect(explainEnd({ ...SESSION, ...change })).toContain(words);
  });

  it('skip and its like: what was done, and how the episode stands', () => {
    const answer = { session_id: 's-1', why: 'skipped by cli', episode: { id: 'ep-1', state: 'cancelled' } };
    const words = (body: object): string => formatAct(Fields.parse(JSON.stringify(body), 'the answer'));
    expect(words(answer)).toBe('skipped by cli\nepisode ep-1 is cancelled');
    expect(words({ ...answer, episode: null })).toBe('skipped by cli');
  });

  it('help: names every command and every exit code', () => {
    const text = overview(COMMANDS);
    for (const name of [...COMMANDS.keys(), '0', '1', '2', '3', '130'])
      expect(text).toMatch(new RegExp(`^  ${name} `, 'm'));
  });

  it.each([...COMMANDS.keys()])('help %s: its usage and options', (name) => {
    const text = helpOf(name, COMMANDS);
    expect(text).toContain(`Usage: palingenesis ${name}`);
    for (const option of Object.keys(COMMANDS.get(name)?.options ?? {}))
      expect(text).toContain(`--${option}`);
  });
});
