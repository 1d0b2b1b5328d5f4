import { HandoverFold } from '../../core/handover.js';
import {
  at,
  isRecord,
  listOf,
  parseRecord,
  recordOf,
  stringOf,
  type JsonRecord,
} from '../../core/json-record.js';

const PATCHED = /^\*\*\* (?:Add|Update|Delete) File: (.+)$/gm;

/** What a rollout of Codex tells who takes over (0.169.0). */
export class CodexHandover extends HandoverFold {
  accept(line: string): void {
    const payload = recordOf(parseRecord(line)?.['payload']);
    const item = recordOf(payload?.['item']);
    if (payload === undefined) return;
    switch (payload['type']) {
      case 'item_completed':
        return item && this.#acceptItem(item);
      case 'user_message':
        return this.notes.addPrompt(stringOf(payload['message']) ?? '');
      case 'agent_message':
        return this.notes.addWork(stringOf(payload['message']) ?? '');
      case 'function_call':
      case 'custom_tool_call':
        return this.#acceptCall(payload);
      default:
    }
  }

  #acceptItem(item: JsonRecord): void {
    if (item['type'] === 'UserMessage') this.notes.addPrompt(wordsOf(item));
    else if (item['type'] === 'AgentMessage') this.notes.addWork(wordsOf(item));
    else if (item['type'] === 'FileChange') this.#acceptChanges(item['changes']);
  }

  #acceptChanges(changes: unknown): void {
    const paths = isRecord(changes)
      ? Object.keys(changes)
      : listOf(changes).map((change) => stringOf(at(change, 'path')) ?? '');
    for (const path of paths) if (path !== '') this.notes.addFile(path);
  }

  #acceptCall(call: JsonRecord): void {
    const text = stringOf(call['arguments'] ?? call['input']) ?? '';
    if (call['name'] === 'update_plan') {
      const steps = listOf(parseRecord(text)?.['plan']);
      this.notes.setTodos(
        steps.map((step) => ({
          text: stringOf(at(step, 'step')) ?? '',
          done: at(step, 'status') === 'completed',
        })),
      );
    }
    const patch = stringOf(parseRecord(text)?.['input']) ?? text;
    if (call['name'] === 'apply_patch')
      for (const [, path] of patch.matchAll(PATCHED)) if (path !== undefined) this.notes.addFile(path);
  }
}

function wordsOf(item: JsonRecord): string {
  return listOf(item['content'])
    .map((part) => stringOf(at(part, 'text')) ?? '')
    .join('\n');
}
