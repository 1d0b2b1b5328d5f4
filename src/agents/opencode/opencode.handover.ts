import { HandoverFold, type Todo } from '../../core/handover.js';
import { at, listOf, parseRecord, stringOf, type JsonRecord } from '../../core/json-record.js';

const WRITES = new Set<unknown>(['write', 'edit', 'multiedit']);

/**
 * What OpenCode's rows tell who takes over (1.18.33): those of `story`, which are parts with the `role` of their message,
 * the oldest first, then the list of what is to be done.
 */
export class OpenCodeHandover extends HandoverFold {
  readonly #todos: Todo[] = [];

  accept(line: string): void {
    const row = parseRecord(line);
    if (row?.['todo'] !== undefined) return this.#acceptTodo(row);
    const data = typeof row?.['data'] === 'string' ? parseRecord(row['data']) : undefined;
    if (row === undefined || data === undefined) return;
    if (data['type'] === 'text' && data['synthetic'] !== true) this.#acceptText(row['role'], data);
    else if (data['type'] === 'patch')
      for (const path of listOf(data['files'])) this.notes.addFile(String(path));
    else if (data['type'] === 'tool') this.#acceptTool(data);
  }

  #acceptText(role: unknown, data: JsonRecord): void {
    const text = stringOf(data['text']) ?? '';
    if (role === 'user') this.notes.addPrompt(text);
    else this.notes.addWork(text);
  }

  #acceptTool(data: JsonRecord): void {
    const path = stringOf(at(data, 'input', 'filePath'));
    if (path !== undefined && WRITES.has(data['tool'])) this.notes.addFile(path);
    if (data['tool'] !== 'task' || data['status'] === 'completed') return;
    this.notes.startHelper(stringOf(data['callID']) ?? '', stringOf(at(data, 'input', 'description')) ?? '');
  }

  #acceptTodo(row: JsonRecord): void {
    const done = row['status'] === 'completed' || row['status'] === 'cancelled';
    this.#todos.push({ text: stringOf(row['todo']) ?? '', done });
    this.notes.setTodos(this.#todos);
  }
}
