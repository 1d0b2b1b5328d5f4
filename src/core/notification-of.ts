import type { Episode, EpisodeState } from './episode.js';
import type { DomainEvent } from './events.js';
import type { Notification, NotificationKind } from './notification.js';
import { redactText } from './redact-text.js';

/** States nobody but a human leads out of, and what they are to one. */
const NEEDS_HUMAN = {
  parked: { kind: 'parked', title: 'a session needs you' },
  gave_up: { kind: 'gave_up', title: 'a session was given up' },
} as const satisfies Partial<Record<EpisodeState, { kind: NotificationKind; title: string }>>;

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
  if (state !== 'parked' && state !== 'gave_up') return undefined;
  const { kind, title } = NEEDS_HUMAN[state];
  return told({
    id: `${kind}/${id}/${version}`,
    kind,
    atMs: episode.updatedAtMs,
    title: `${agent}: ${title} (${stop.reason})`,
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
