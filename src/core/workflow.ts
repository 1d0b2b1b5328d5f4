import type { EpochMs } from './stop.js';

/** The keys of a front matter that make a markdown file a workflow file. */
export const WORKFLOW_KEYS = ['stepsCompleted', 'lastStep', 'status', 'totalSteps'] as const;
export type WorkflowKey = (typeof WORKFLOW_KEYS)[number];

/** A step, by its number or its name. */
export type Step = number | string;

/** `text` as written; `meaning` only for words that leave no doubt. */
export type WorkflowStatus = Readonly<{ text: string; meaning?: 'done' | 'in_progress' }>;

/** What a workflow file says. Undefined is what it does not say; nothing here is guessed. */
export type Workflow = Readonly<{
  stepsCompleted: readonly Step[] | undefined;
  lastStep: Step | undefined;
  status: WorkflowStatus | undefined;
  totalSteps: number | undefined;
  /** The part that is done, from 0 to 1. */
  progress: number | undefined;
  nextStep: number | undefined;
}>;

/** A workflow of which nothing is said. */
export const UNTOLD: Workflow = {
  stepsCompleted: undefined,
  lastStep: undefined,
  status: undefined,
  totalSteps: undefined,
  progress: undefined,
  nextStep: undefined,
};

/** The workflow of a session: a workflow file, or a folder that has nothing but a `Next-step.md`. */
export type AttachedWorkflow = Readonly<{
  file: string | undefined;
  workflow: Workflow;
  nextStepFile: string | undefined;
  changedMs: EpochMs;
}>;

/** One of the keys as parsed; `line` counts from 1 in the file. */
export type FrontMatterField = Readonly<{ key: WorkflowKey; value: unknown; line: number }>;

/** What is wrong and where, without the words of the file. Line 0 is the file as a whole. */
export type FrontMatterProblem = Readonly<{ line: number; problem: string }>;

type Steps = Readonly<{ list: readonly Step[]; count: number }>;
type Facts = Pick<Workflow, 'stepsCompleted' | 'lastStep' | 'status' | 'totalSteps'>;

/**
 * What the keys say. One that cannot be understood costs itself alone and is told; where none can be,
 * there is no workflow.
 */
export function toWorkflow(fields: readonly FrontMatterField[]): {
  workflow: Workflow | undefined;
  problems: readonly FrontMatterProblem[];
} {
  const problems: FrontMatterProblem[] = [];
  const read = <T>(key: WorkflowKey, allowed: string, convert: (value: unknown) => T | undefined) => {
    const [field, again] = fields.filter((given) => given.key === key);
    if (field === undefined || (again === undefined && isBlank(field.value))) return undefined;
    const value = again === undefined ? convert(field.value) : undefined;
    const given = again === undefined ? kindOf(field.value) : 'more than once';
    const problem = `${key}: given ${given}, allowed is ${allowed}; the other keys count`;
    if (value === undefined) problems.push({ line: (again ?? field).line, problem });
    return value;
  };
  const steps = read('stepsCompleted', 'a list of step numbers and names alone', toSteps);
  const facts: Facts = {
    stepsCompleted: steps?.list,
    lastStep: read('lastStep', 'a number from 0 or a name', toStep),
    status: read('status', 'a text', toStatus),
    totalSteps: read('totalSteps', 'a whole number', toCount),
  };
  const isLost = problems.length > 0 && Object.values(facts).every((fact) => fact === undefined);
  const workflow = { ...facts, progress: progressOf(facts, steps?.count), nextStep: nextStepOf(facts) };
  return { workflow: isLost ? undefined : workflow, problems };
}

const isBlank = (value: unknown): boolean =>
  value === null || value === undefined || (typeof value === 'string' && value.trim() === '');

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'boolean') return 'true or false';
  return typeof value === 'object'
    ? 'keys with values'
    : `a ${typeof value === 'string' ? 'text' : 'number'}`;
}

/** A number alone says how many; the steps of a list are counted. */
function toSteps(value: unknown): Steps | undefined {
  const parts = typeof value === 'string' ? value.split(',') : value;
  if (!Array.isArray(parts)) {
    const alone = toStep(value);
    return typeof alone === 'number' ? toCounted(alone) : undefined;
  }
  const steps = parts.filter((part) => !isBlank(part)).map(toStep);
  const list = [...new Set(steps.filter((step) => step !== undefined))];
  if (steps.includes(undefined)) return undefined;
  const [first] = list;
  const isAlone = typeof value === 'string' && list.length === 1;
  return isAlone && typeof first === 'number' ? toCounted(first) : { list, count: list.length };
}

const toCounted = (count: number): Steps => ({ list: count === 0 ? [] : [count], count });

function toStep(value: unknown): Step | undefined {
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? value : undefined;
  if (typeof value !== 'string') return undefined;
  const name = value.trim();
  return /^\d{1,15}$/.test(name) ? Number(name) : name;
}

function toCount(value: unknown): number | undefined {
  const count = toStep(value);
  return Number.isSafeInteger(count) && typeof count === 'number' ? count : undefined;
}

const MEANINGS = new Map<string, 'done' | 'in_progress'>([
  ...(['done', 'complete', 'completed', 'finished'] as const).map((word) => [word, 'done'] as const),
  ...(['in progress', 'inprogress', 'wip', 'started', 'ongoing', 'active', 'running'] as const).map(
    (word) => [word, 'in_progress'] as const,
  ),
]);

function toStatus(value: unknown): WorkflowStatus | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  const meaning = MEANINGS.get(text.toLowerCase().replaceAll(/[\s_-]+/g, ' '));
  return meaning === undefined ? { text } : { text, meaning };
}

/** What contradicts itself, such as a step beyond the last, tells no progress. */
function progressOf({ stepsCompleted = [], lastStep, status, totalSteps }: Facts, completed?: number) {
  if (status?.meaning === 'done') return 1;
  const done = completed ?? lastStep;
  if (!totalSteps || typeof done !== 'number' || done > totalSteps) return undefined;
  const isSound = stepsCompleted.every(
    (step) => typeof step === 'string' || (Number.isInteger(step) && step >= 1 && step <= totalSteps),
  );
  return isSound && Number.isInteger(done) ? done / totalSteps : undefined;
}

function nextStepOf({ stepsCompleted, lastStep, status, totalSteps }: Facts): number | undefined {
  if (typeof lastStep !== 'number' || !Number.isInteger(lastStep) || status?.meaning === 'done')
    return undefined;
  const next = lastStep + 1;
  const isAhead = totalSteps !== undefined && next <= totalSteps && stepsCompleted?.includes(next) !== true;
  return isAhead ? next : undefined;
}
