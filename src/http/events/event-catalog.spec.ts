import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { aReset, aSession, aStop, anEpisode, NOON } from '../../../test/support/an-episode.js';
import type { EventOf } from '../../core/events.js';
import { UNTOLD } from '../../core/workflow.js';
import { EVENT_CATALOG, EVENT_TYPES, toWire, type EventType } from './event-catalog.js';

const contract = { cwd: '/project', home: '/home' };
const run = { id: 'run-1', kind: 'launch', agent: 'a', sessionId: 's', contract, startedAtMs: NOON } as const;

/** One of each; a new type of event without one does not compile. */
const SAMPLES: { readonly [Type in EventType]: EventOf<Type> } = {
  'session-stopped': { type: 'session-stopped', session: aSession(), stop: aStop() },
  'wording-unknown': { type: 'wording-unknown', session: aSession(), stop: aStop() },
  'stop-repeated': { type: 'stop-repeated', episode: anEpisode() },
  'reset-refined': {
    type: 'reset-refined',
    episode: anEpisode(),
    stated: aReset(NOON, 'text'),
    actual: aReset(NOON),
  },
  'session-progressed': { type: 'session-progressed', session: aSession(), by: 'work' },
  'run-ended': { type: 'run-ended', run, outcome: { result: 'ok', deniedTools: [] } },
  'episode-changed': { type: 'episode-changed', episode: anEpisode(), from: undefined },
  'resume-withheld': {
    type: 'resume-withheld',
    episode: anEpisode(),
    rule: 'paused',
    why: 'paused',
  },
  'preflight-troubled': {
    type: 'preflight-troubled',
    episode: anEpisode(),
    problems: [{ kind: 'disk_full', why: 'full' }],
  },
  'control-used': {
    type: 'control-used',
    control: {
      action: 'skip',
      sessionId: 's',
      origin: { via: 'cli' },
      isDone: true,
      why: 'skipped',
      atMs: NOON,
    },
  },
  'pause-changed': { type: 'pause-changed', paused: true, origin: undefined },
  'settings-reloaded': { type: 'settings-reloaded', changed: ['resume.enabled'] },
  'workflow-progressed': { type: 'workflow-progressed', path: '/w.md', workflow: UNTOLD, sessionIds: ['s'] },
  'notification-ended': {
    type: 'notification-ended',
    channel: 'webhook',
    kind: 'parked',
    outcome: 'delivered',
  },
  'request-audited': {
    type: 'request-audited',
    method: 'POST',
    route: '/api/v1/pause',
    origin: 'socket',
    status: 200,
    requestId: 'r',
  },
  'workflow-unreadable': { type: 'workflow-unreadable', path: '/w.md', line: 3, problem: 'broken' },
};

describe('the catalogue of events', () => {
  it.each(EVENT_TYPES)('%s tells the fields it documents, and no others', (type) => {
    const { data } = toWire(type, SAMPLES[type]);
    expect(Object.keys(data)).toEqual(Object.keys(EVENT_CATALOG[type].fields));
    expect(Object.values(data)).not.toContain(undefined);
  });

  it('is what docs/events.md says', () => {
    const script = fileURLToPath(new URL('../../../scripts/events-docs.mjs', import.meta.url));
    execFileSync(process.execPath, [script, '--check'], { stdio: 'pipe' });
  });
});
