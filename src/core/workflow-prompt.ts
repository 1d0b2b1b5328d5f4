import type { AttachedWorkflow } from './workflow.js';

const HEAD = 'You take over the work of an earlier session. Its context is full, so it cannot go on.';

/** The prompt for a session that takes over where a file says what comes next. */
export function nextStepPrompt(path: string, content: string): string {
  return `${HEAD} This is the next step, as ${path} has it:\n\n${content.trim()}`;
}

/** The same where the front matter of a workflow names the next step; undefined where it does not. */
export function workflowPrompt({ file, workflow }: AttachedWorkflow): string | undefined {
  const { nextStep, totalSteps, stepsCompleted } = workflow;
  if (file === undefined || nextStep === undefined) return undefined;
  const done =
    stepsCompleted === undefined || stepsCompleted.length === 0 ? '' : ` Done: ${stepsCompleted.join(', ')}.`;
  const of = totalSteps === undefined ? '' : ` of ${totalSteps}`;
  return `${HEAD} The work is described in ${file}: read it first. Step ${nextStep}${of} is next.${done} Go on from there.`;
}
