import type { Origin } from '../../core/control.js';
import type { DomainEvent, EventOf } from '../../core/events.js';
import type { Episode } from '../../core/episode.js';
import type { Reset } from '../../core/stop.js';
import type { SessionSnapshot } from '../../core/session.js';
import { iso, stopView } from '../episodes/episode.view.js';

export type EventType = DomainEvent['type'];

/** How one type of event is told. What is not named in `fields` is not told: no prompt, no secret, no transcript. */
type WireEvent<Type extends EventType> = Readonly<{
  summary: string;
  /** Each field of the data with what it means, for docs/events.md and the OpenAPI document. */
  fields: Readonly<Record<string, string>>;
  sessionIds: (event: EventOf<Type>) => readonly string[];
  data: (event: EventOf<Type>) => Readonly<Record<string, unknown>>;
}>;

const SESSION = {
  session_id: 'id of the session',
  agent: 'id of the agent',
} as const;
const STOP = 'reason, confidence, reset and evidence, as in `GET /api/v1/sessions/:id`';
const EPISODE = { episode_id: 'id of the episode', ...SESSION } as const;

const sessionOf = ({ id, agent }: SessionSnapshot): object => ({ session_id: id, agent });
const episodeOf = ({ id, sessionId, agent }: Episode): object => ({
  episode_id: id,
  session_id: sessionId,
  agent,
});
const originOf = ({ via, address }: Origin): object => ({ via, address: address ?? null });
const resetOf = ({ atMs, source }: Reset): object => ({ at: iso(atMs), source });

/** Every event of the stream. A new type of domain event without an entry does not compile. */
export const EVENT_CATALOG: { readonly [Type in EventType]: WireEvent<Type> } = {
  'session-stopped': {
    summary: 'A session ceased to make progress, or it is known better now why.',
    fields: { ...SESSION, cwd: 'its working directory, or null', stop: STOP },
    sessionIds: ({ session }) => [session.id],
    data: ({ session, stop }) => ({
      ...sessionOf(session),
      cwd: session.view.cwd ?? null,
      stop: stopView(stop),
    }),
  },
  'wording-unknown': {
    summary: 'The agent marks a record as a limit and no rule knows its words.',
    fields: { ...SESSION, stop: STOP },
    sessionIds: ({ session }) => [session.id],
    data: ({ session, stop }) => ({ ...sessionOf(session), stop: stopView(stop) }),
  },
  'stop-repeated': {
    summary: 'A stop was seen again that an episode is about already; nothing is done twice.',
    fields: { ...EPISODE, state: 'state of the episode' },
    sessionIds: ({ episode }) => [episode.sessionId],
    data: ({ episode }) => ({ ...episodeOf(episode), state: episode.state }),
  },
  'reset-refined': {
    summary: 'A limit lifts at another time than was stated first.',
    fields: { ...EPISODE, stated: 'at and source, as known before', actual: 'at and source, as known now' },
    sessionIds: ({ episode }) => [episode.sessionId],
    data: ({ episode, stated, actual }) => ({
      ...episodeOf(episode),
      stated: resetOf(stated),
      actual: resetOf(actual),
    }),
  },
  'session-progressed': {
    summary: 'A session was given a prompt, or its model did new work.',
    fields: { ...SESSION, by: 'prompt or work' },
    sessionIds: ({ session }) => [session.id],
    data: ({ session, by }) => ({ ...sessionOf(session), by }),
  },
  'run-ended': {
    summary: 'A process of ours that worked on a session has ended.',
    fields: {
      run_id: 'id of the run',
      kind: 'launch or resume',
      episode_id: 'id of the episode it belongs to, or null',
      ...SESSION,
      result: 'ok, failed, or none where it did not say',
      reason: 'why it failed, or null',
      denied_tools: 'names of tools it was refused',
      exit_code: 'exit code of the process, or null',
      signal: 'signal that ended the process, or null',
    },
    sessionIds: ({ run }) => [run.sessionId],
    data: ({ run, outcome }) => ({
      run_id: run.id,
      kind: run.kind,
      episode_id: run.episodeId ?? null,
      session_id: run.sessionId,
      agent: run.agent,
      result: outcome.result,
      reason: outcome.verdict?.reason ?? null,
      denied_tools: outcome.deniedTools,
      exit_code: outcome.exitCode ?? null,
      signal: outcome.signal ?? null,
    }),
  },
  'episode-changed': {
    summary: 'An episode was opened or went on to another state.',
    fields: {
      ...EPISODE,
      from: 'state before, or null for a new one',
      state: 'state now',
      why: 'one sentence: why it is in this state',
      reason: 'reason of the stop it is about',
      due_at: 'when something happens next, or null',
      attempts: 'resumes started so far',
    },
    sessionIds: ({ episode }) => [episode.sessionId],
    data: ({ episode, from }) => ({
      ...episodeOf(episode),
      from: from ?? null,
      state: episode.state,
      why: episode.why,
      reason: episode.stop.reason,
      due_at: iso(episode.dueAtMs),
      attempts: episode.attempts,
    }),
  },
  'resume-withheld': {
    summary: 'What is due, or will be, is not done. Told once for each rule of an episode.',
    fields: {
      ...EPISODE,
      rule: 'what holds it back',
      why: 'one sentence',
      until: 'when it may be done after all, or null',
    },
    sessionIds: ({ episode }) => [episode.sessionId],
    data: ({ episode, rule, why, untilMs }) => ({ ...episodeOf(episode), rule, why, until: iso(untilMs) }),
  },
  'preflight-troubled': {
    summary: 'Something would keep a resume that is not due yet from being done.',
    fields: { ...EPISODE, due_at: 'when it is due, or null', problems: 'kind and why of each' },
    sessionIds: ({ episode }) => [episode.sessionId],
    data: ({ episode, problems }) => ({
      ...episodeOf(episode),
      due_at: iso(episode.dueAtMs),
      problems: problems.map(({ kind, why }) => ({ kind, why })),
    }),
  },
  'control-used': {
    summary: 'Somebody acted on a session, or was refused to.',
    fields: {
      action: 'what was asked for',
      session_id: 'id of the session',
      episode_id: 'id of the episode it is about, or null',
      origin: 'via: api, cli or socket; address, or null',
      done: 'false where it was refused',
      why: 'what was done, or why not',
    },
    sessionIds: ({ control }) => [control.sessionId],
    data: ({ control }) => ({
      action: control.action,
      session_id: control.sessionId,
      episode_id: control.episodeId ?? null,
      origin: originOf(control.origin),
      done: control.isDone,
      why: control.why,
    }),
  },
  'pause-changed': {
    summary: 'Acting was stopped for all, or goes on.',
    fields: { paused: 'true while nothing is done', origin: 'via and address of who asked, or null' },
    sessionIds: () => [],
    data: ({ paused, origin }) => ({ paused, origin: origin === undefined ? null : originOf(origin) }),
  },
  'settings-reloaded': {
    summary: 'Settings were read again and some of them changed.',
    fields: { changed: 'their names' },
    sessionIds: () => [],
    data: ({ changed }) => ({ changed }),
  },
  'workflow-progressed': {
    summary: 'A workflow file says something else than before.',
    fields: {
      path: 'the file',
      session_ids: 'ids of the sessions that work in its folder',
      status: 'done, in_progress, the word the file has for it, or null',
      progress: 'the part that is done, from 0 to 1, or null',
      next_step: 'number of the next step, or null',
    },
    sessionIds: ({ sessionIds }) => sessionIds,
    data: ({ path, workflow, sessionIds }) => ({
      path,
      session_ids: sessionIds,
      status: workflow.status?.meaning ?? workflow.status?.text ?? null,
      progress: workflow.progress ?? null,
      next_step: workflow.nextStep ?? null,
    }),
  },
  'workflow-unreadable': {
    summary: 'The front matter of a workflow file cannot be understood.',
    fields: { path: 'the file', line: 'where, from 1; 0 is the file as a whole', problem: 'what is wrong' },
    sessionIds: () => [],
    data: ({ path, line, problem }) => ({ path, line, problem }),
  },
  'notification-ended': {
    summary: 'A channel has taken a notification, or is not asked any more.',
    fields: {
      channel: 'id of the channel',
      kind: 'what the notification was about',
      outcome: '`delivered`, `failed` after all tries, or `dropped` because too many waited',
    },
    sessionIds: () => [],
    data: ({ channel, kind, outcome }) => ({ channel, kind, outcome }),
  },
  'request-audited': {
    summary: 'A request changed something, or was refused to. Reports of hooks that were taken are left out.',
    fields: {
      method: 'HTTP method',
      route: 'pattern of the route, or null where nothing answers',
      origin: 'socket, or the address it came from',
      status: 'HTTP status of the answer',
      request_id: 'its X-Request-Id',
    },
    sessionIds: () => [],
    data: ({ method, route, origin, status, requestId }) => ({
      method,
      route: route ?? null,
      origin,
      status,
      request_id: requestId ?? null,
    }),
  },
};

export const EVENT_TYPES: readonly EventType[] = Object.keys(EVENT_CATALOG).filter(isEventType);

export function isEventType(type: string): type is EventType {
  return Object.hasOwn(EVENT_CATALOG, type);
}

/** What clients are told of an event, and of which sessions it is. */
export function toWire<Type extends EventType>(
  type: Type,
  event: EventOf<Type>,
): { sessionIds: readonly string[]; data: Readonly<Record<string, unknown>> } {
  const entry: WireEvent<Type> = EVENT_CATALOG[type];
  return { sessionIds: entry.sessionIds(event), data: entry.data(event) };
}
