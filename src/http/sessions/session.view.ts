import { contractOf, type SessionSnapshot } from '../../core/session.js';
import { isOpen, OPEN_STATES, type Episode } from '../../core/episode.js';
import type { Run } from '../../core/run.js';
import type { AttachedWorkflow } from '../../core/workflow.js';
import { iso, stopView } from '../episodes/episode.view.js';

/** What `stateOf` can say. */
export const SESSION_STATES = [
  'starting',
  'listed',
  'working',
  'stopped',
  'completed',
  ...OPEN_STATES,
] as const;
export type SessionState = (typeof SESSION_STATES)[number];

/**
 * `starting`: launched, nothing on disk yet. `listed`: too old to be read. `working`: a turn is under way.
 * Otherwise it has stopped, or, with an open episode, the episode's own state.
 */
export function stateOf(session: SessionSnapshot, episode: Episode | undefined): SessionState {
  if (episode !== undefined && isOpen(episode.state)) return episode.state;
  if (session.path === undefined) return 'starting';
  if (session.stop !== undefined) return session.stop.reason === 'completed' ? 'completed' : 'stopped';
  return session.view.turn.kind === 'open' ? 'working' : 'listed';
}

/** A session as the API shows it. */
export function sessionView(
  session: SessionSnapshot,
  episode: Episode | undefined,
  workflow: AttachedWorkflow | undefined,
): object {
  const contract = contractOf(session);
  return {
    id: session.id,
    agent: session.agent,
    state: stateOf(session, episode),
    cwd: contract?.cwd ?? null,
    home: session.home,
    path: session.path ?? null,
    model: contract?.model ?? null,
    permission_mode: contract?.permissionMode ?? null,
    version: session.view.version ?? null,
    interactive: session.view.interactive ?? null,
    liveness: session.liveness,
    pid: session.pid ?? null,
    stop: session.stop === undefined ? null : stopView(session.stop),
    episode_id: episode?.id ?? null,
    workflow: workflow === undefined ? null : workflowView(workflow),
    last_activity_at: iso(session.view.lastActivityMs),
    size_bytes: session.sizeBytes,
  };
}

/** `status` is `done` or `in_progress` where the file's own word for it, `status_text`, means that, else that word. */
function workflowView({ file, workflow, nextStepFile, changedMs }: AttachedWorkflow): object {
  const { status } = workflow;
  const view = {
    file,
    status: status?.meaning ?? status?.text,
    status_text: status?.text,
    steps_completed: workflow.stepsCompleted,
    last_step: workflow.lastStep,
    total_steps: workflow.totalSteps,
    progress: workflow.progress,
    next_step: workflow.nextStep,
    next_step_file: nextStepFile,
    changed_at: iso(changedMs),
  };
  return Object.fromEntries(Object.entries(view).map(([name, value]) => [name, value ?? null]));
}

/** One of our own runs as the API shows it. */
export function runView(run: Run): object {
  return {
    id: run.id,
    kind: run.kind,
    session_id: run.sessionId,
    strategy: run.strategy ?? null,
    state: run.endedAtMs === undefined ? 'running' : 'ended',
    pid: run.pid ?? null,
    started_at: iso(run.startedAtMs),
    ended_at: iso(run.endedAtMs),
    result: run.outcome?.result ?? null,
    reason: run.outcome?.verdict?.reason ?? null,
    denied_tools: run.outcome?.deniedTools ?? [],
    exit_code: run.outcome?.exitCode ?? null,
    signal: run.outcome?.signal ?? null,
  };
}
