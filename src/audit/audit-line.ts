import type { Episode } from '../core/episode.js';
import type { DomainEvent, EventOf } from '../core/events.js';
import { iso } from '../core/stop.js';

type Line = Readonly<Record<string, unknown>>;
type Writers = { readonly [Type in DomainEvent['type']]: ((event: EventOf<Type>) => Line) | undefined };

/** How each decision reads in the file; what is none has no line. An event without an entry does not compile. */
const WRITERS: Writers = {
  'session-stopped': undefined,
  'wording-unknown': undefined,
  'stop-repeated': undefined,
  'reset-refined': ({ episode, stated, actual }) => ({
    ...subject(episode),
    stated: iso(stated.atMs),
    actual: iso(actual.atMs),
  }),
  'session-progressed': undefined,
  'run-ended': ({ run: { id, kind, agent, sessionId, episodeId }, outcome }) => ({
    run_id: id,
    kind,
    agent,
    session_id: sessionId,
    episode_id: episodeId ?? null,
    result: outcome.result,
    reason: outcome.verdict?.reason ?? null,
  }),
  'episode-changed': ({ episode, from }) => ({
    ...subject(episode),
    from: from ?? null,
    to: episode.state,
    why: episode.why,
    reason: episode.stop.reason,
    confidence: episode.stop.confidence,
    reset: episode.stop.reset === undefined ? null : iso(episode.stop.reset.atMs),
    due_at: episode.dueAtMs === undefined ? null : iso(episode.dueAtMs),
    attempts: episode.attempts,
  }),
  'resume-withheld': ({ episode, rule, why, untilMs }) => ({
    ...subject(episode),
    rule,
    why,
    until: untilMs === undefined ? null : iso(untilMs),
  }),
  'preflight-troubled': ({ episode, problems }) => ({
    ...subject(episode),
    due_at: episode.dueAtMs === undefined ? null : iso(episode.dueAtMs),
    problems,
  }),
  'control-used': ({ control }) => ({
    action: control.action,
    session_id: control.sessionId,
    episode_id: control.episodeId ?? null,
    origin: originOf(control.origin),
    outcome: control.isDone ? 'done' : 'refused',
    why: control.why,
  }),
  'pause-changed': ({ paused, origin }) => ({
    paused,
    origin: origin === undefined ? null : originOf(origin),
  }),
  'settings-reloaded': ({ changed }) => ({ changed }),
  'workflow-progressed': undefined,
  'workflow-unreadable': undefined,
  'notification-ended': ({ channel, kind, outcome }) => ({ channel, kind, outcome }),
  'request-audited': ({ method, route, origin, status, requestId }) => ({
    method,
    route: route ?? null,
    origin,
    status,
    request_id: requestId ?? null,
  }),
};

/** Every event that has a line. */
export const AUDITED = Object.keys(WRITERS).filter(isAudited);

function isAudited(type: string): type is DomainEvent['type'] {
  return Object.entries(WRITERS).some(([known, write]) => known === type && write !== undefined);
}

/** One decision as a line of JSON; undefined where the event is none. */
export function auditLine<Type extends DomainEvent['type']>(
  event: EventOf<Type>,
  type: Type,
  atMs: number,
): string | undefined {
  const line = WRITERS[type]?.(event);
  return line === undefined ? undefined : `${JSON.stringify({ at: iso(atMs), event: type, ...line })}\n`;
}

function subject({ id, sessionId, agent }: Episode): Line {
  return { episode_id: id, session_id: sessionId, agent };
}

function originOf({ via, address }: { via: string; address?: string }): Line {
  return { via, address: address ?? null };
}
