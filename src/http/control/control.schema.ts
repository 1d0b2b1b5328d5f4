import { EPISODE } from '../episodes/episode.schema.js';
import { maybe, objectOf, TEXT } from '../openapi/schema.js';
import { RUN } from '../sessions/session.schema.js';

/** What came of it, in words and as it stands now. */
export const CONTROLLED = objectOf({
  session_id: TEXT,
  why: TEXT,
  episode: maybe(EPISODE),
  run: maybe(RUN),
});
