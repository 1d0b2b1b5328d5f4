import { EPISODE_STATES } from '../../core/episode.js';
import { STOP_REASONS } from '../../core/stop.js';
import {
  INTEGER,
  listOf,
  maybe,
  NUMBER,
  objectOf,
  oneOf,
  TEXT,
  TIME,
  TOGGLE,
  withMore,
} from '../openapi/schema.js';

export const RESET_SOURCES = ['structured', 'header', 'relative', 'text'];

export const STOP = objectOf({
  reason: oneOf(STOP_REASONS),
  confidence: NUMBER,
  reset: maybe(objectOf({ at: TIME, source: oneOf(RESET_SOURCES), raw: TEXT })),
  window: maybe(TEXT),
  waits_itself: TOGGLE,
  evidence: objectOf({ source: TEXT, rule: TEXT, text: TEXT }),
  record_id: TEXT,
  at: TIME,
});

export const EPISODE = objectOf({
  id: TEXT,
  agent: TEXT,
  session_id: TEXT,
  state: oneOf(EPISODE_STATES),
  why: TEXT,
  due_at: maybe(TIME),
  attempts: INTEGER,
  without_progress: INTEGER,
  time_saved_s: maybe(NUMBER),
  successor: maybe(TEXT),
  stop: STOP,
  launch_contract: maybe(
    objectOf({
      cwd: TEXT,
      home: TEXT,
      model: maybe(TEXT),
      permission_mode: maybe(TEXT),
      arguments: listOf(TEXT),
    }),
  ),
  created_at: TIME,
  updated_at: TIME,
});

export const EPISODE_PAGE = objectOf({ episodes: listOf(EPISODE), next_cursor: maybe(TEXT) });

export const EPISODE_DETAIL = withMore(EPISODE, {
  audit: listOf(
    objectOf({
      at: TIME,
      from: maybe(TEXT),
      to: TEXT,
      why: TEXT,
      detail: { description: 'facts of the decision' },
    }),
  ),
});
