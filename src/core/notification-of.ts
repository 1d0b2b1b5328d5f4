import type { Episode, EpisodeState } from './episode.js';
import type { DomainEvent } from './events.js';
import type { Notification, NotificationKind } from './notification.js';
import { redactText } from './redact-text.js';

/** States nobody but a human leads out of. */
const NEEDS_HUMAN: Readonly<Partial<Record<EpisodeState, NotificationKind>>> = { parked: 'parked' };

/** What an event is to a human; undefined for all that goes well by itself. */
export function notificationOf(event: DomainEvent): Notification | undefined {
  if (event.type === 'episode-changed') return ofEpisode(event.episode);
  if (event.type !== 'wording-unknown') return undefined;
  const { session, stop } = event;
  const { cwd } = session.view;
  return told({
    id: `wording-unknown/${session.id}/${stop.recordId}`,
    kind: 'wording-unknown',
    atMs: stop.atMs,
    title: `${session.agent}: a message nobody knows`,
    text: `It marks a stop (${stop.reason}), its words are new: "${stop.evidence.text}"`,
    agent: session.agent,
    sessionId: session.id,
    reason: stop.reason,
    ...(cwd === undefined ? {} : { cwd }),
  });
}

function ofEpisode(episode: Episode): Notification | undefined {
  const { id, agent, sessionId, stop, state, version, contract } = episode;
  const kind = NEEDS_HUMAN[state];
  if (kind === undefined) return undefined;
  return told({
    id: `${kind}/${id}/${version}`,
    kind,
    atMs: episode.updatedAtMs,
    title: `${agent}: a session needs you (${stop.reason})`,
    text: episode.why,
    agent,
    sessionId,
    reason: stop.reason,
    episodeId: id,
    ...(contract === undefined ? {} : { cwd: contract.cwd }),
  });
}

const told = (note: Notification): Notification => ({
  ...note,
  title: redactText(note.title),
  text: redactText(note.text),
});
