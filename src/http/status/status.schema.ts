import { STOP_REASONS } from '../../core/stop.js';
import { INTEGER, listOf, mapOf, maybe, NUMBER, objectOf, oneOf, TEXT, TIME } from '../openapi/schema.js';

const STATE = oneOf(['running', 'paused']);

export const STATUS = objectOf({
  state: STATE,
  version: TEXT,
  uptime_s: NUMBER,
  sessions: mapOf(INTEGER),
  episodes: mapOf(INTEGER),
  saves: INTEGER,
  time_saved_s: NUMBER,
  waits: listOf(
    objectOf({
      episode_id: TEXT,
      session_id: TEXT,
      agent: TEXT,
      reason: oneOf(STOP_REASONS),
      due_at: maybe(TIME),
      why: TEXT,
    }),
  ),
});

export const PAUSE = objectOf({ state: STATE });
