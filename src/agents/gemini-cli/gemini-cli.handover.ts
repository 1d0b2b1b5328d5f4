import { HandoverFold } from '../../core/handover.js';
import { at, listOf, parseRecord, recordOf, stringOf, type JsonRecord } from '../../core/json-record.js';

const CONTEXT = /^<session_context>/;
const WRITES = new Set<unknown>(['write_file', 'replace', 'edit']);

/** What a chat file of Gemini CLI tells who takes over (0.61.0). Of lines of one id the last one counts. */
export class GeminiCliHandover extends HandoverFold {
  #pending: JsonRecord | undefined;

  accept(line: string): void {
    const record = parseRecord(line);
    const messages = listOf(recordOf(record?.['$set'])?.['messages']);
    for (const message of messages) this.#note(recordOf(message));
    if (record?.['id'] === undefined) return;
    if (this.#pending !== undefined && this.#pending['id'] !== record['id']) this.#note(this.#pending);
    this.#pending = record;
  }

  override handover(): ReturnType<HandoverFold['handover']> {
    this.#note(this.#pending);
    this.#pending = undefined;
    return super.handover();
  }

  #note(message: JsonRecord | undefined): void {
    if (message === undefined) return;
    const words = wordsOf(message['content']);
    if (message['type'] === 'user' && !CONTEXT.test(words)) this.notes.addPrompt(words);
    if (message['type'] !== 'gemini') return;
    this.notes.addWork(words);
    for (const call of listOf(message['toolCalls'])) this.#noteCall(at(call, 'name'), at(call, 'args'));
  }

  #noteCall(name: unknown, args: unknown): void {
    const path = stringOf(at(args, 'file_path'));
    if (path !== undefined && WRITES.has(name)) this.notes.addFile(path);
    if (name === 'write_todos')
      this.notes.setTodos(
        listOf(at(args, 'todos')).map((todo) => ({
          text: stringOf(at(todo, 'description')) ?? '',
          done: at(todo, 'status') === 'completed' || at(todo, 'status') === 'cancelled',
        })),
      );
  }
}

function wordsOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return listOf(content)
    .map((part) => stringOf(at(part, 'text')) ?? '')
    .join('\n');
}
