import type { Fields } from './fields.js';

/** What the API tells, as far as the commands show it. Times are milliseconds since the epoch. */
export type Status = Readonly<{
  state: string;
  version: string;
  uptimeS: number;
  sessions: ReadonlyMap<string, number>;
  episodes: ReadonlyMap<string, number>;
  saves: number;
  timeSavedS: number;
  waits: readonly Wait[];
}>;

export type Wait = Readonly<{ sessionId: string; reason: string; dueAtMs: number | undefined; why: string }>;

export type Session = Readonly<{
  id: string;
  agent: string;
  state: string;
  cwd: string | undefined;
  model: string | undefined;
  permissionMode: string | undefined;
  path: string | undefined;
  pid: number | undefined;
  lastActivityAtMs: number | undefined;
  stop: Stop | undefined;
  workflow: Workflow | undefined;
}>;

export type Workflow = Readonly<{
  file: string | undefined;
  status: string | undefined;
  progress: number | undefined;
  lastStep: string | undefined;
  nextStep: number | undefined;
  nextStepFile: string | undefined;
}>;

/** Episodes and runs come newest first. */
export type SessionDetail = Session & Readonly<{ episodes: readonly Episode[]; runs: readonly Run[] }>;

export type Stop = Readonly<{ reason: string; resetAtMs: number | undefined; text: string }>;

export type Episode = Readonly<{
  id: string;
  sessionId: string;
  state: string;
  why: string;
  dueAtMs: number | undefined;
  attempts: number;
  stop: Stop;
  createdAtMs: number;
  updatedAtMs: number;
}>;

/** The trail comes oldest first. */
export type EpisodeDetail = Episode & Readonly<{ audit: readonly AuditLine[] }>;

export type AuditLine = Readonly<{ atMs: number; to: string; why: string }>;

export type Run = Readonly<{
  id: string;
  kind: string;
  isRunning: boolean;
  startedAtMs: number;
  endedAtMs: number | undefined;
  result: string | undefined;
  reason: string | undefined;
  deniedTools: readonly string[];
}>;

/** `hasMore`: the page does not hold all there are. */
export type Page<T> = Readonly<{ items: readonly T[]; hasMore: boolean }>;

export function toStatus(answer: Fields): Status {
  return {
    state: answer.text('state'),
    version: answer.text('version'),
    uptimeS: answer.number('uptime_s'),
    sessions: answer.counts('sessions'),
    episodes: answer.counts('episodes'),
    saves: answer.number('saves'),
    timeSavedS: answer.number('time_saved_s'),
    waits: answer.list('waits').map(toWait),
  };
}

export function toSessions(answer: Fields): Page<Session> {
  return { items: answer.list('sessions').map(toSession), hasMore: hasMore(answer) };
}

export function toSessionDetail(answer: Fields): SessionDetail {
  return {
    ...toSession(answer),
    episodes: answer.list('episodes').map(toEpisode),
    runs: answer.list('runs').map(toRun),
  };
}

export function toEpisodes(answer: Fields): Page<Episode> {
  return { items: answer.list('episodes').map(toEpisode), hasMore: hasMore(answer) };
}

export function toEpisodeDetail(answer: Fields): EpisodeDetail {
  return { ...toEpisode(answer), audit: answer.list('audit').map(toAuditLine) };
}

function hasMore(answer: Fields): boolean {
  return answer.maybeText('next_cursor') !== undefined;
}

function toWait(fields: Fields): Wait {
  return {
    sessionId: fields.text('session_id'),
    reason: fields.text('reason'),
    dueAtMs: fields.maybeTime('due_at'),
    why: fields.text('why'),
  };
}

function toSession(fields: Fields): Session {
  const stop = fields.maybe('stop');
  const workflow = fields.maybe('workflow');
  return {
    id: fields.text('id'),
    agent: fields.text('agent'),
    state: fields.text('state'),
    cwd: fields.maybeText('cwd'),
    model: fields.maybeText('model'),
    permissionMode: fields.maybeText('permission_mode'),
    path: fields.maybeText('path'),
    pid: fields.maybeNumber('pid'),
    lastActivityAtMs: fields.maybeTime('last_activity_at'),
    stop: stop && toStop(stop),
    workflow: workflow && toWorkflow(workflow),
  };
}

function toWorkflow(fields: Fields): Workflow {
  return {
    file: fields.maybeText('file'),
    status: fields.maybeText('status'),
    progress: fields.maybeNumber('progress'),
    lastStep: fields.maybeWord('last_step'),
    nextStep: fields.maybeNumber('next_step'),
    nextStepFile: fields.maybeText('next_step_file'),
  };
}

function toStop(fields: Fields): Stop {
  return {
    reason: fields.text('reason'),
    resetAtMs: fields.maybe('reset')?.maybeTime('at'),
    text: fields.one('evidence').text('text'),
  };
}

function toEpisode(fields: Fields): Episode {
  return {
    id: fields.text('id'),
    sessionId: fields.text('session_id'),
    state: fields.text('state'),
    why: fields.text('why'),
    dueAtMs: fields.maybeTime('due_at'),
    attempts: fields.number('attempts'),
    stop: toStop(fields.one('stop')),
    createdAtMs: fields.time('created_at'),
    updatedAtMs: fields.time('updated_at'),
  };
}

function toAuditLine(fields: Fields): AuditLine {
  return { atMs: fields.time('at'), to: fields.text('to'), why: fields.text('why') };
}

function toRun(fields: Fields): Run {
  return {
    id: fields.text('id'),
    kind: fields.text('kind'),
    isRunning: fields.text('state') === 'running',
    startedAtMs: fields.time('started_at'),
    endedAtMs: fields.maybeTime('ended_at'),
    result: fields.maybeText('result'),
    reason: fields.maybeText('reason'),
    deniedTools: fields.texts('denied_tools'),
  };
}
