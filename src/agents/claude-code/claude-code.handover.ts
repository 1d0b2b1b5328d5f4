import { HandoverFold, type Todo } from '../../core/handover.js';
import { at, listOf, parseRecord, recordOf, stringOf, type JsonRecord } from '../../core/json-record.js';
import { isErrorRecord, isSummary, LOCAL_COMMAND, textOf } from './claude-code.records.js';

const INTERRUPTED = /^\[Request interrupted by user/;
const WRITES = new Set(['Write', 'Edit', 'MultiEdit', 'NotebookEdit']);
const HELPERS = new Set(['Task', 'Agent']);

/** What a transcript of Claude Code tells who takes over (2.1.197, 2.1.330). */
export class ClaudeCodeHandover extends HandoverFold {
  readonly #tasks: { text: string; done: boolean }[] = [];

  accept(line: string): void {
    const record = parseRecord(line);
    if (record === undefined || record['isSidechain'] === true || record['isMeta'] === true) return;
    if (record['type'] === 'user') this.#acceptUser(record);
    else if (record['type'] === 'assistant' && !isErrorRecord(record)) this.#acceptAssistant(record);
  }

  #acceptUser(record: JsonRecord): void {
    const message = recordOf(record['message']);
    for (const block of listOf(message?.['content'])) {
      const ended = stringOf(at(block, 'tool_use_id'));
      if (ended !== undefined) this.notes.endHelper(ended);
    }
    const text = textOf(message);
    if (!isSummary(record) && !LOCAL_COMMAND.test(text) && !INTERRUPTED.test(text))
      this.notes.addPrompt(text);
  }

  #acceptAssistant(record: JsonRecord): void {
    const message = recordOf(record['message']);
    this.notes.addWork(textOf(message));
    for (const block of listOf(message?.['content'])) {
      const use = recordOf(block);
      if (use?.['type'] === 'tool_use') this.#acceptTool(use, recordOf(use['input']) ?? {});
    }
  }

  #acceptTool(use: JsonRecord, input: JsonRecord): void {
    const path = stringOf(input['file_path'] ?? input['notebook_path']);
    const name = stringOf(use['name']) ?? '';
    if (path !== undefined && WRITES.has(name)) this.notes.addFile(path);
    if (HELPERS.has(name)) this.notes.startHelper(stringOf(use['id']) ?? '', helperTask(input));
    if (name === 'TodoWrite') this.notes.setTodos(listOf(input['todos']).map(todoOf));
    if (name === 'TaskCreate' || name === 'TaskUpdate') this.#acceptTask(input);
  }

  /** Tasks are counted from 1 in the order they were made. */
  #acceptTask(input: JsonRecord): void {
    const known = this.#tasks[Number(input['taskId']) - 1];
    if (known === undefined) this.#tasks.push({ text: stringOf(input['subject']) ?? '', done: false });
    else known.done = input['status'] === 'completed' || input['status'] === 'deleted';
    this.notes.setTodos(this.#tasks);
  }
}

function helperTask(input: JsonRecord): string {
  return stringOf(input['description'] ?? input['prompt']) ?? '';
}

function todoOf(item: unknown): Todo {
  return { text: stringOf(at(item, 'content')) ?? '', done: at(item, 'status') === 'completed' };
}
