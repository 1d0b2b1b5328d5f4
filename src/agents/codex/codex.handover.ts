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

const NOTICE = /^<subagent_notification>\s*(\{.*\})\s*<\/subagent_notification>$/s;
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
      case 'message':
        return this.#acceptNotice(wordsOf(payload));
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
    else if (item['type'] === 'CollabAgentToolCall') this.#acceptHelpers(item);
  }

  #acceptHelpers(item: JsonRecord): void {
    if (item['tool'] === 'spawn_agent')
      for (const id of listOf(item['receiver_thread_ids']))
        this.notes.startHelper(String(id), stringOf(item['prompt']) ?? '');
    for (const [id, state] of Object.entries(recordOf(item['agents_states']) ?? {}))
      if (isOver(state)) this.notes.endHelper(id);
  }

  /** What tells the model that a helper has come to an end. */
  #acceptNotice(text: string): void {
    const notice = recordOf(parseRecord(NOTICE.exec(text)?.[1] ?? ''));
    if (notice !== undefined && isOver(notice['status']))
      this.notes.endHelper(stringOf(notice['agent_path']) ?? '');
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

/** A state is a word, or holds what was answered under it. One that failed has not finished. */
function isOver(state: unknown): boolean {
  const word = stringOf(state) ?? Object.keys(recordOf(state) ?? {})[0] ?? '';
  return word === 'completed' || word === 'shutdown';
}

function wordsOf(item: JsonRecord): string {
  return listOf(item['content'])
    .map((part) => stringOf(at(part, 'text')) ?? '')
    .join('\n');
}
