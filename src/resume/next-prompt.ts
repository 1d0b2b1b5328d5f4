import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { composeHandover } from '../core/handover.js';
import { WorkflowDirectory } from '../core/ports/workflow-directory.js';
import type { SessionSnapshot } from '../core/session.js';
import { nextStepPrompt, workflowPrompt } from '../core/workflow-prompt.js';
import { readHead } from '../platform/read-head.js';
import { SessionStory } from './session-story.js';

const NEXT_STEP = /^next-step\.md$/i;
const BYTES_PER_CHAR = 4;

/** What a new session is told, and where that is from. Never logged. */
export type NextPrompt = Readonly<{ from: 'next-step' | 'workflow' | 'handover'; text: string }>;

/** Finds what a session that takes over is told, without asking a model. */
@Injectable()
export class NextPrompts {
  constructor(
    private readonly config: Config,
    private readonly workflows: WorkflowDirectory,
    private readonly story: SessionStory,
  ) {}

  /**
   * A `Next-step.md` in the working directory or the workflow's folder, else the next step of the workflow, else a
   * hand-over from the session's records. Undefined where none of them says what the work is.
   */
  async of(session: SessionSnapshot): Promise<NextPrompt | undefined> {
    const maxChars = this.config.resume.handoverMaxChars;
    const workflow = this.workflows.workflowOf(session);
    for (const path of [await nextStepIn(session.view.cwd), workflow?.nextStepFile]) {
      const text = path === undefined ? '' : await this.#read(path, maxChars);
      if (path !== undefined && text.trim() !== '')
        return { from: 'next-step', text: nextStepPrompt(path, text) };
    }
    const step = workflow && workflowPrompt(workflow);
    if (step !== undefined) return { from: 'workflow', text: step };
    const handover = await this.story.handover(session);
    const resumePrompt = this.config.resume.prompt;
    const options = { agent: session.agent, sessionId: session.id, maxChars, resumePrompt };
    const text = handover && composeHandover(handover, options);
    return text === undefined ? undefined : { from: 'handover', text };
  }

  async #read(path: string, maxChars: number): Promise<string> {
    const head = await readHead(path, maxChars * BYTES_PER_CHAR);
    return head.kind === 'read' ? head.bytes.toString('utf8').slice(0, maxChars) : '';
  }
}

async function nextStepIn(cwd: string | undefined): Promise<string | undefined> {
  if (cwd === undefined) return undefined;
  const name = (await readdir(cwd).catch(() => [])).find((each) => NEXT_STEP.test(each));
  return name === undefined ? undefined : join(cwd, name);
}
