import { EPISODE_STATES } from '../../core/episode.js';
import { listOf, maybe, objectOf, oneOf, TEXT, TIME } from '../openapi/schema.js';

export const EXPLANATION = objectOf({
  session_id: maybe(TEXT),
  episode_id: maybe(TEXT),
  state: maybe(oneOf(EPISODE_STATES)),
  text: TEXT,
  seen: TEXT,
  planned: TEXT,
  due_at: maybe(TIME),
  blocked_by: listOf(objectOf({ kind: TEXT, why: TEXT, until: maybe(TIME) })),
  would_change: listOf(TEXT),
});
