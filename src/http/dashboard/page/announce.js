import { duration, folderName, shortId } from './format.js';
import { labelOf } from './states.js';

/** @import { Episode, Session } from './answers.d.ts' */

const MOST = 3;

/**
 * What is read out: sessions whose state is another than before, never the passing of time. Empty when there is none.
 * @param {ReadonlyMap<string, string>} before the states by id; nothing is news while it is empty
 * @param {Session[]} sessions
 * @param {ReadonlyMap<string, Episode>} open
 * @param {number} nowMs
 */
export function announcementOf(before, sessions, open, nowMs) {
  if (before.size === 0) return '';
  const changed = sessions.filter(({ id, state }) => before.get(id) !== state);
  const told = changed.slice(0, MOST).map((session) => sentence(session, open.get(session.id), nowMs));
  if (changed.length > MOST) told.push(`${changed.length - MOST} more sessions changed`);
  return told.join('. ');
}

/**
 * @param {Session} session
 * @param {Episode | undefined} episode
 * @param {number} nowMs
 */
function sentence({ id, cwd, state }, episode, nowMs) {
  const name = folderName(cwd) ?? shortId(id);
  const due = episode?.due_at;
  const when = due == null ? '' : `, resumes in ${duration(Date.parse(due) - nowMs)}`;
  return `${name}: ${labelOf(state)}${when}`;
}
