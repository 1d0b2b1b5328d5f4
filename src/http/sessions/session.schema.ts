import { EPISODE, STOP } from '../episodes/episode.schema.js';
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
import { SESSION_STATES } from './session.view.js';

const STEP = { type: ['string', 'number'] };

const WORKFLOW = objectOf({
  file: maybe(TEXT),
  status: maybe(TEXT),
  status_text: maybe(TEXT),
  steps_completed: maybe(listOf(STEP)),
  last_step: maybe(STEP),
  total_steps: maybe(INTEGER),
  progress: maybe(NUMBER),
  next_step: maybe(INTEGER),
  next_step_file: maybe(TEXT),
  changed_at: maybe(TIME),
});

export const SESSION = objectOf({
  id: TEXT,
  agent: TEXT,
  state: oneOf(SESSION_STATES),
  cwd: maybe(TEXT),
  home: TEXT,
  path: maybe(TEXT),
  model: maybe(TEXT),
  permission_mode: maybe(TEXT),
  version: maybe(TEXT),
  interactive: maybe(TOGGLE),
  liveness: oneOf(['alive', 'dead', 'absent', 'unknown']),
  pid: maybe(INTEGER),
  stop: maybe(STOP),
  episode_id: maybe(TEXT),
  workflow: maybe(WORKFLOW),
  last_activity_at: maybe(TIME),
  size_bytes: INTEGER,
});

export const RUN = objectOf({
  id: TEXT,
  kind: oneOf(['launch', 'resume']),
  state: oneOf(['running', 'ended']),
  pid: maybe(INTEGER),
  started_at: TIME,
  ended_at: maybe(TIME),
  result: maybe(oneOf(['ok', 'failed', 'none'])),
  reason: maybe(TEXT),
  denied_tools: listOf(TEXT),
  exit_code: maybe(INTEGER),
  signal: maybe(TEXT),
});

export const SESSION_PAGE = objectOf({ sessions: listOf(SESSION), next_cursor: maybe(TEXT), total: INTEGER });

export const SESSION_DETAIL = withMore(SESSION, { episodes: listOf(EPISODE), runs: listOf(RUN) });
