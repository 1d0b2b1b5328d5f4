import { argNames } from '../../core/session.js';
import type { Episode } from '../../core/episode.js';
import type { Stop } from '../../core/stop.js';

export function iso(atMs: number | undefined): string | null {
  return atMs === undefined ? null : new Date(atMs).toISOString();
}

/** A stop as the API shows it. */
export function stopView(stop: Stop): object {
  const { reason, confidence, reset, window, waitsItself = false, evidence, recordId, atMs } = stop;
  return {
    reason,
    confidence,
    reset: reset === undefined ? null : { at: iso(reset.atMs), source: reset.source, raw: reset.raw },
    window: window ?? null,
    waits_itself: waitsItself,
    evidence,
    record_id: recordId,
    at: iso(atMs),
  };
}

/** An episode as the API shows it. */
export function episodeView(episode: Episode): object {
  return {
    id: episode.id,
    agent: episode.agent,
    session_id: episode.sessionId,
    state: episode.state,
    why: episode.why,
    due_at: iso(episode.dueAtMs),
    attempts: episode.attempts,
    without_progress: episode.withoutProgress,
    successor: episode.successor ?? null,
    time_saved_s: episode.timeSavedMs === undefined ? null : episode.timeSavedMs / 1000,
    stop: stopView(episode.stop),
    launch_contract:
      episode.contract === undefined
        ? null
        : {
            cwd: episode.contract.cwd,
            home: episode.contract.home,
            model: episode.contract.model ?? null,
            permission_mode: episode.contract.permissionMode ?? null,
            arguments: argNames(episode.contract.args),
          },
    created_at: iso(episode.createdAtMs),
    updated_at: iso(episode.updatedAtMs),
  };
}
