import {
  toSessionDetail,
  toSessions,
  type Page,
  type Run,
  type Session,
  type SessionDetail,
  type Workflow,
} from './api.js';
import type { Call } from './call.js';
import type { Command } from './command.js';
import { EXIT, type ExitCode } from './command-error.js';
import { formatEpisodeRows } from './episodes.command.js';
import { absoluteTime, duration, relativeTime, table } from './format.js';
import { print } from './print.js';

export const sessionsCommand: Command = {
  summary: 'the sessions, the most recently used first; or one with its episodes and runs',
  usage: '[ID] [--agent ID] [--state STATE] [--limit N]',
  details: [
    '--agent ID     only those of one agent',
    '--state STATE  only those in one state, such as working, waiting, parked or completed',
    '--limit N      how many; 100 by default, 500 at most',
  ],
  options: { agent: { type: 'string' }, state: { type: 'string' }, limit: { type: 'string' } },
  maxOperands: 1,
  run: (call) => (call.operands[0] === undefined ? listSessions(call) : showSession(call, call.operands[0])),
};

async function listSessions(call: Call): Promise<ExitCode> {
  const query = { agent: call.text('agent'), state: call.text('state'), limit: call.text('limit') };
  const answer = await (await call.client()).get('/api/v1/sessions', query);
  print(call.wantsJson ? answer.text : formatSessions(toSessions(answer.fields), Date.now()));
  return EXIT.done;
}

async function showSession(call: Call, id: string): Promise<ExitCode> {
  const answer = await (await call.client()).get(`/api/v1/sessions/${encodeURIComponent(id)}`);
  print(call.wantsJson ? answer.text : formatSession(toSessionDetail(answer.fields), Date.now()));
  return EXIT.done;
}

export function formatSessions({ items, hasMore }: Page<Session>, nowMs: number): string {
  if (items.length === 0) return 'no sessions';
  const rows = items.map(({ id, agent, state, lastActivityAtMs, cwd }) => [
    id,
    agent,
    state,
    relativeTime(lastActivityAtMs, nowMs),
    cwd ?? '-',
  ]);
  const list = table([['SESSION', 'AGENT', 'STATE', 'ACTIVE', 'CWD'], ...rows]);
  return hasMore ? `${list}\n${MORE}` : list;
}

const MORE = 'there are more: see --limit';

export function formatSession(session: SessionDetail, nowMs: number): string {
  const { episodes, runs } = session;
  const parts = [formatFacts(session, nowMs)];
  if (episodes.length > 0) parts.push(formatEpisodeRows(episodes, nowMs));
  if (runs.length > 0) parts.push(formatRuns(runs, nowMs));
  return parts.join('\n\n');
}

function formatFacts(session: SessionDetail, nowMs: number): string {
  const { stop, lastActivityAtMs, pid, workflow } = session;
  return table([
    ['session', session.id],
    ['agent', session.agent],
    ['state', session.state],
    ['cwd', session.cwd ?? '-'],
    ['model', session.model ?? '-'],
    ['permission mode', session.permissionMode ?? '-'],
    ['file', session.path ?? '-'],
    ['process', pid === undefined ? '-' : String(pid)],
    ['active', `${relativeTime(lastActivityAtMs, nowMs)}, ${absoluteTime(lastActivityAtMs)}`],
    ['workflow', workflow === undefined ? '-' : workflowWords(workflow)],
    ['stop', stop === undefined ? '-' : `${stop.reason}: ${stop.text}`],
  ]);
}

function workflowWords({ file, status, progress, lastStep, nextStep, nextStepFile }: Workflow): string {
  const words = [
    status,
    progress === undefined ? undefined : `${Math.round(progress * 100)} %`,
    lastStep === undefined ? undefined : `last step ${lastStep}`,
    nextStep === undefined ? undefined : `next step ${nextStep}`,
    file,
    nextStepFile,
  ];
  return words.filter((word) => word !== undefined).join(', ');
}

function formatRuns(runs: readonly Run[], nowMs: number): string {
  const rows = runs.map((run) => [
    run.id,
    run.kind,
    run.isRunning ? 'running' : [run.result, run.reason].filter((word) => word !== undefined).join(': '),
    absoluteTime(run.startedAtMs),
    duration(((run.endedAtMs ?? nowMs) - run.startedAtMs) / 1000),
    run.deniedTools.length === 0 ? '' : `refused: ${run.deniedTools.join(', ')}`,
  ]);
  return table([['RUN', 'KIND', 'RESULT', 'STARTED', 'TOOK', ''], ...rows]);
}
