import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Step } from './provider/step.js';

const FIRST_HALF = 'alpha\nbeta\n';
const SECOND_HALF = 'gamma\ndelta\n';

export interface MultiTurnTask {
  prompt: string;
  /** First half, limit, second half. */
  steps: Step[];
  firstHalf: Step[];
  secondHalf: Step[];
  expectedFile: string;
  expectedContent: string;
  isFinished(): Promise<boolean>;
}

/** A task of five turns that writes a file in two halves, with a stop between them. */
export function multiTurnTask(cwd: string, { limitStep }: { limitStep: Step }): MultiTurnTask {
  const expectedFile = join(cwd, 'letters.txt');
  const expectedContent = FIRST_HALF + SECOND_HALF;
  const firstHalf: Step[] = [
    toolStep('I write the first half.', 'Write', { file_path: expectedFile, content: FIRST_HALF }),
    toolStep('I look at it.', 'Bash', { command: 'cat letters.txt', description: 'Show the file' }),
  ];
  const secondHalf: Step[] = [
    toolStep('I read it before I go on.', 'Read', { file_path: expectedFile }),
    toolStep('I add the second half.', 'Edit', {
      ...{ file_path: expectedFile, old_string: FIRST_HALF, new_string: expectedContent },
    }),
    { type: 'ok', text: 'finished' },
  ];
  const isFinished = async () => (await readFile(expectedFile, 'utf8').catch(() => '')) === expectedContent;
  const prompt = 'Write four Greek letters into letters.txt, in two halves.';
  return {
    ...{ prompt, firstHalf, secondHalf, expectedFile, expectedContent, isFinished },
    steps: [...firstHalf, limitStep, ...secondHalf],
  };
}

function toolStep(text: string, name: string, input: Record<string, unknown>): Step {
  return { type: 'ok', text, tools: [{ name, input }] };
}
