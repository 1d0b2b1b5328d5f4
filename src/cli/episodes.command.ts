import { toEpisodeDetail, toEpisodes, type Episode, type EpisodeDetail, type Page } from './api.js';
import { EPISODE_STATES } from '../core/episode.js';
import type { Call } from './call.js';
import type { Command } from './command.js';
import { EXIT, type ExitCode } from './command-error.js';
import { absoluteTime, relativeTime, table } from './format.js';
import { print } from './print.js';

export const episodesCommand: Command = {
  summary: 'the stops and what was done about them, newest first; or one with its audit trail',
  usage: '[ID] [--state STATE] [--session ID] [--limit N]',
  details: [
    `--state STATE  only those in one state: ${EPISODE_STATES.join(', ')}`,
    '--session ID   only those of one session',
    '--limit N      how many; 100 by default, 500 at most',
  ],
  options: { state: { type: 'string' }, session: { type: 'string' }, limit: { type: 'string' } },
  maxOperands: 1,
  run: (call) => (call.operands[0] === undefined ? listEpisodes(call) : showEpisode(call, call.operands[0])),
};

async function listEpisodes(call: Call): Promise<ExitCode> {
  const query = { state: call.text('state'), session_id: call.text('session'), limit: call.text('limit') };
  const answer = await (await call.client()).get('/api/v1/episodes', query);
  print(call.wantsJson ? answer.text : formatEpisodes(toEpisodes(answer.fields), Date.now()));
  return EXIT.done;
}

async function showEpisode(call: Call, id: string): Promise<ExitCode> {
  const answer = await (await call.client()).get(`/api/v1/episodes/${encodeURIComponent(id)}`);
  print(call.wantsJson ? answer.text : formatEpisode(toEpisodeDetail(answer.fields), Date.now()));
  return EXIT.done;
}

export function formatEpisodes({ items, hasMore }: Page<Episode>, nowMs: number): string {
  if (items.length === 0) return 'no episodes';
  const list = formatEpisodeRows(items, nowMs);
  return hasMore ? `${list}\nthere are more: see --limit` : list;
}

export function formatEpisodeRows(episodes: readonly Episode[], nowMs: number): string {
  const rows = episodes.map(({ id, state, stop, updatedAtMs, sessionId, why }) => [
    id,
    state,
    stop.reason,
    relativeTime(updatedAtMs, nowMs),
    sessionId,
    why,
  ]);
  return table([['EPISODE', 'STATE', 'REASON', 'CHANGED', 'SESSION', 'WHY'], ...rows]);
}

export function formatEpisode(episode: EpisodeDetail, nowMs: number): string {
  const { stop, dueAtMs } = episode;
  const facts = table([
    ['episode', episode.id],
    ['session', episode.sessionId],
    ['state', episode.state],
    ['why', episode.why],
    ['due', dueAtMs === undefined ? '-' : `${relativeTime(dueAtMs, nowMs)}, ${absoluteTime(dueAtMs)}`],
    ['stop', `${stop.reason}: ${stop.text}`],
    ['reset', absoluteTime(stop.resetAtMs)],
    ['resumes', String(episode.attempts)],
  ]);
  const trail = episode.audit.map(({ atMs, to, why }) => [absoluteTime(atMs), to, why]);
  return `${facts}\n\n${table(trail)}`;
}
