import type { Episode, EpisodeChange } from './episode.js';
import { quietUntil, type QuietHours } from './quiet-hours.js';
import type { EpochMs } from './stop.js';

/** Whether a resume is done, or only decided and told. */
export const RESUME_MODES = ['act', 'observe'] as const;
export type ResumeMode = (typeof RESUME_MODES)[number];

/** What a user says of the sessions in some folders; what is left out is said elsewhere. */
export type ProjectRule = Readonly<{
  /** A glob on the working directory, absolute or beginning with `**`. */
  path: string;
  resume?: boolean;
  mode?: ResumeMode;
  maxPerDay?: number;
}>;

/** What the user wants of one session: every switch, span and number that can keep it from being resumed. */
export type Policy = Readonly<{
  agent: string;
  agentResumes: boolean;
  mode: ResumeMode;
  /** What the rules for its folder come to; without a path where none fits. */
  project: Partial<ProjectRule>;
  quietHours: readonly QuietHours[];
  zone: string;
  /** Resumes of all sessions in an hour; 0: any number. */
  budgetPerH: number;
}>;

/** A resume that was started, and whether in the project of the policy. */
export type PastResume = Readonly<{ startedAtMs: EpochMs; inProject: boolean }>;

export const POLICY_RULES = [
  'agent_off',
  'project_off',
  'quiet_hours',
  'budget',
  'project_cap',
  'observe',
] as const;
export type PolicyRule = (typeof POLICY_RULES)[number];

/** Why a session is not to be resumed now. Without an end it holds until the settings say something else. */
export type Objection = Readonly<{ rule: PolicyRule; why: string; untilMs?: EpochMs }>;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** What the rules that fit one folder come to: of two that say the same thing, the later one counts. */
export function mergeRules(rules: readonly ProjectRule[]): Partial<ProjectRule> {
  return rules.reduce<Partial<ProjectRule>>((merged, rule) => ({ ...merged, ...rule }), {});
}

/**
 * What stands against a resume at an instant, or undefined. What holds for good comes first, then what ends last;
 * that it is only observed comes at the end, since it is told of what would be done.
 */
export function objectionAt(
  policy: Policy,
  atMs: EpochMs,
  resumes: readonly PastResume[],
): Objection | undefined {
  return forGood(policy) ?? forATime(policy, atMs, resumes) ?? observed(policy);
}

function forGood({ agent, agentResumes, project }: Policy): Objection | undefined {
  if (!agentResumes)
    return { rule: 'agent_off', why: `resuming ${agent} is switched off (agents.${agent}.resume = false)` };
  if (project.resume === false)
    return {
      rule: 'project_off',
      why: `resuming is switched off for this folder (resume.projects, path "${project.path ?? ''}")`,
    };
  return undefined;
}

function forATime(policy: Policy, atMs: EpochMs, resumes: readonly PastResume[]): Objection | undefined {
  const all = [quiet(policy, atMs), overBudget(policy, atMs, resumes), overProjectCap(policy, atMs, resumes)];
  return all
    .filter((one) => one !== undefined)
    .reduce<Objection | undefined>((last, one) => (endOf(one) > endOf(last) ? one : last), undefined);
}

const endOf = (objection: Objection | undefined): EpochMs => objection?.untilMs ?? -Infinity;

function quiet({ quietHours, zone }: Policy, atMs: EpochMs): Objection | undefined {
  const untilMs = quietUntil(quietHours, zone, atMs);
  return untilMs === undefined
    ? undefined
    : { rule: 'quiet_hours', why: 'quiet hours (resume.quiet_hours)', untilMs };
}

function overBudget(
  { budgetPerH }: Policy,
  atMs: EpochMs,
  resumes: readonly PastResume[],
): Objection | undefined {
  if (budgetPerH === 0) return undefined;
  const why = `${budgetPerH} resumes within an hour (resume.budget_per_h)`;
  return overCap({ rule: 'budget', why }, { cap: budgetPerH, spanMs: HOUR_MS }, atMs, resumes);
}

function overProjectCap(
  { project: { maxPerDay, path = '' } }: Policy,
  atMs: EpochMs,
  resumes: readonly PastResume[],
): Objection | undefined {
  if (maxPerDay === undefined) return undefined;
  const why = `${maxPerDay} resumes within a day in this folder (resume.projects, path "${path}")`;
  const inProject = resumes.filter((resume) => resume.inProject);
  return overCap({ rule: 'project_cap', why }, { cap: maxPerDay, spanMs: DAY_MS }, atMs, inProject);
}

/** A window that slides: there is room again when the oldest of the resumes that fill it has left it. */
function overCap(
  objection: Objection,
  { cap, spanMs }: Readonly<{ cap: number; spanMs: number }>,
  atMs: EpochMs,
  resumes: readonly PastResume[],
): Objection | undefined {
  const starts = resumes.map(({ startedAtMs }) => startedAtMs).filter((startMs) => startMs > atMs - spanMs);
  const oldestMs = starts.toSorted((a, b) => b - a)[cap - 1];
  return oldestMs === undefined ? undefined : { ...objection, untilMs: oldestMs + spanMs };
}

function observed({ mode, project }: Policy): Objection | undefined {
  if ((project.mode ?? mode) === 'act') return undefined;
  const setting =
    project.mode === undefined ? 'resume.mode = "observe"' : `resume.projects, path "${project.path ?? ''}"`;
  return { rule: 'observe', why: `only observed (${setting})` };
}

/** What an objection makes of a plan: later, never, or (while only observed) just told. */
export function planUnder(change: EpisodeChange, objection: Objection): EpisodeChange {
  const { rule, why, untilMs } = objection;
  if (rule === 'observe') return { ...change, why: `${change.why}; ${why}: it will not be done` };
  if (untilMs !== undefined) return { ...change, why: `${change.why}; then ${why}`, dueAtMs: untilMs };
  const { dueAtMs: _never, ...rest } = change;
  return { ...rest, to: 'parked', why };
}

/** What becomes of a due episode instead of a resume. */
export function insteadOf(episode: Episode, objection: Objection): EpisodeChange {
  const { rule, why, untilMs } = objection;
  if (untilMs !== undefined) return { to: 'waiting', why, dueAtMs: untilMs };
  return { to: 'parked', why: rule === 'observe' ? `${why}: ${wouldHave(episode)}` : why };
}

function wouldHave({ attempts, contract }: Episode): string {
  const mode = contract?.permissionMode ?? 'default';
  return `resume ${attempts + 1} of the same session would start now, as ${mode} in ${contract?.cwd ?? '?'}`;
}
