import type { Episode, EpisodeState } from './episode.js';
import type { DomainEvent, EventOf } from './events.js';
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
  if (event.type === 'preflight-troubled') return ofTrouble(event);
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
  const { agent, stop, state, why } = episode;
  if (state !== 'parked' && state !== 'gave_up') return undefined;
  const { kind, title } = NEEDS_HUMAN[state];
  return told({
    ...aboutEpisode(episode, kind),
    title: `${agent}: ${title} (${stop.reason})`,
    text: why,
  });
}

function aboutEpisode(episode: Episode, kind: NotificationKind): Omit<Notification, 'title' | 'text'> {
  const { id, agent, sessionId, stop, version, contract, updatedAtMs } = episode;
  return {
    id: `${kind}/${id}/${version}`,
    kind,
    atMs: updatedAtMs,
    agent,
    sessionId,
    reason: stop.reason,
    episodeId: id,
    ...(contract === undefined ? {} : { cwd: contract.cwd }),
  };
}

/** Early enough that it can be put right before the resume is due. */
function ofTrouble({ episode, problems }: EventOf<'preflight-troubled'>): Notification {
  return told({
    ...aboutEpisode(episode, 'preflight-troubled'),
    title: `${episode.agent}: a resume is in trouble (${problems.map(({ kind }) => kind).join(', ')})`,
    text: problems.map(({ why }) => why).join('\n'),
  });
}

const told = (note: Notification): Notification => ({
  ...note,
  title: redactText(note.title),
  text: redactText(note.text),
});
