import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentName } from './agent-binary.js';
import type { Step, ToolCall } from './provider/step.js';

const FIRST_HALF = 'alpha\nbeta\n';
const SECOND_HALF = 'gamma\ndelta\n';
const FILE = 'letters.txt';

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

export interface MultiTurnTaskOptions {
  limitStep: Step;
  agent?: AgentName;
}

/** A task of five turns that writes a file in two halves, with a stop between them. */
export function multiTurnTask(
  cwd: string,
  { limitStep, agent = 'claude-code' }: MultiTurnTaskOptions,
): MultiTurnTask {
  const expectedFile = join(cwd, FILE);
  const expectedContent = FIRST_HALF + SECOND_HALF;
  const tools = TOOLS[agent];
  const firstHalf: Step[] = [
    toolStep('I write the first half.', tools.write(expectedFile, FIRST_HALF)),
    toolStep('I look at it.', tools.shell(`cat ${FILE}`)),
  ];
  const secondHalf: Step[] = [
    toolStep('I read it before I go on.', tools.read(expectedFile)),
    toolStep('I add the second half.', tools.edit(expectedFile, FIRST_HALF, expectedContent)),
    { type: 'ok', text: 'finished' },
  ];
  const isFinished = async () => (await readFile(expectedFile, 'utf8').catch(() => '')) === expectedContent;
  const prompt = 'Write four Greek letters into letters.txt, in two halves.';
  return {
    ...{ prompt, firstHalf, secondHalf, expectedFile, expectedContent, isFinished },
    steps: [...firstHalf, limitStep, ...secondHalf],
  };
}

/** How the task's calls are made with the tools of an agent. */
interface TaskTools {
  write(path: string, content: string): ToolCall;
  read(path: string): ToolCall;
  edit(path: string, from: string, to: string): ToolCall;
  shell(command: string): ToolCall;
}

const TOOLS: Record<AgentName, TaskTools> = {
  'claude-code': {
    write: (file_path, content) => ({ name: 'Write', input: { file_path, content } }),
    read: (file_path) => ({ name: 'Read', input: { file_path } }),
    edit: (file_path, old_string, new_string) => ({
      name: 'Edit',
      input: { file_path, old_string, new_string },
    }),
    shell: (command) => ({ name: 'Bash', input: { command, description: 'Show the file' } }),
  },
  codex: {
    write: (path, content) => codexShell(`printf '%s' '${content}' > ${path}`),
    read: (path) => codexShell(`cat ${path}`),
    edit: (path, _from, to) => codexShell(`printf '%s' '${to}' > ${path}`),
    shell: codexShell,
  },
  opencode: {
    write: (filePath, content) => ({ name: 'write', input: { filePath, content } }),
    read: (filePath) => ({ name: 'read', input: { filePath } }),
    edit: (filePath, oldString, newString) => ({ name: 'edit', input: { filePath, oldString, newString } }),
    shell: (command) => ({ name: 'bash', input: { command, description: 'Show the file' } }),
  },
  'gemini-cli': {
    write: (file_path, content) => ({ name: 'write_file', input: { file_path, content } }),
    read: (file_path) => ({ name: 'read_file', input: { file_path } }),
    edit: (file_path, old_string, new_string) => ({
      name: 'replace',
      input: { file_path, old_string, new_string, instruction: 'Add the second half' },
    }),
    shell: (command) => ({ name: 'run_shell_command', input: { command, description: 'Show the file' } }),
  },
};

/** Codex does all of it in a shell. */
function codexShell(cmd: string): ToolCall {
  return { name: 'exec_command', input: { cmd } };
}

function toolStep(text: string, tool: ToolCall): Step {
  return { type: 'ok', text, tools: [tool] };
}
