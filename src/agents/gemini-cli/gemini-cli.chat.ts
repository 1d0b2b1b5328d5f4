import {
  copyOf,
  isRecord,
  listOf,
  parseRecord,
  recordOf,
  stringOf,
  type JsonRecord,
} from '../../core/json-record.js';
import { TranscriptFold } from '../../core/ports/agent.js';
import type { RecordRef, SessionView, Turn } from '../../core/session.js';

/** What the program tells the model of itself when a session begins; nobody asked anything. */
const CONTEXT = /^<session_context>/;
const WORKSPACE = /\*\*Workspace Directories:\*\*(?:\\n|\n)\s*- ([^\\\n]+)/;
const KIND = /"kind":"(\w+)"/;

/**
 * What a chat file of Gemini CLI says (0.61.0): messages, later lines of one id replacing earlier ones, and `$set`
 * patches. Failures are not written down: an unfinished turn without a process may be a limit as well as a crash. A
 * model's message is written before the tools it calls, so that one cut off right there looks ended. A prompt that
 * failed at once is taken back: until another comes, its turn is the newest.
 */
export class GeminiCliChat extends TranscriptFold {
  #view: SessionView = { turn: { kind: 'none' }, failuresUnrecorded: true, endsUnrecorded: true };
  /** The newest prompt since the program was started. */
  #prompt: RecordRef | undefined;

  view(): SessionView {
    return this.#view;
  }

  isSufficient(): boolean {
    return this.#view.turn.kind !== 'none' && this.#view.cwd !== undefined;
  }

  override acceptHead(head: string): void {
    const cwd = WORKSPACE.exec(head)?.[1];
    const kind = KIND.exec(head)?.[1];
    this.#view = {
      ...(cwd === undefined ? {} : { cwd: copyOf(cwd) }),
      ...this.#view,
      ...(kind === 'subagent' ? { isSubagent: true as const } : {}),
    };
  }

  accept(line: string): void {
    const record = parseRecord(line);
    if (record === undefined) return;
    if (record['kind'] !== undefined) this.#acceptStart(line);
    const messages = recordOf(record['$set'])?.['messages'];
    if (Array.isArray(messages)) this.#replace(messages);
    else if (record['id'] !== undefined) this.#acceptMessage(record);
  }

  #acceptStart(line: string): void {
    this.#prompt = undefined;
    this.acceptHead(line);
  }

  /** A whole history: when a session is resumed, or without a prompt that failed. */
  #replace(messages: readonly unknown[]): void {
    const prompt = this.#prompt;
    this.#view = { ...this.#view, turn: { kind: 'none' } };
    for (const message of messages) if (isRecord(message)) this.#acceptMessage(message);
    const isTakenBack = messages.every((message) => recordOf(message)?.['id'] !== prompt?.recordId);
    if (prompt !== undefined && isTakenBack) this.#setTurn({ kind: 'open', ...prompt });
    this.#prompt = prompt;
  }

  #acceptMessage(message: JsonRecord): void {
    const recordId = stringOf(message['id']);
    const atMs = Date.parse(stringOf(message['timestamp']) ?? '');
    if (recordId === undefined || Number.isNaN(atMs)) return;
    const ref = { recordId, atMs };
    if (message['type'] === 'user') this.#acceptUser(message, ref);
    else if (message['type'] === 'gemini') this.#acceptModel(message, ref);
  }

  #acceptUser(message: JsonRecord, ref: { recordId: string; atMs: number }): void {
    const parts = listOf(message['content']).map(recordOf);
    const text = parts.map((part) => stringOf(part?.['text']) ?? '').join('\n');
    if (CONTEXT.test(text)) return this.acceptHead(text);
    const isAnswer = parts.some((part) => part?.['functionResponse'] !== undefined);
    if (!isAnswer) {
      this.#prompt = ref;
      this.#view = { ...this.#view, lastPrompt: ref };
    }
    this.#setTurn({ kind: 'open', ...ref });
  }

  #acceptModel(message: JsonRecord, ref: { recordId: string; atMs: number }): void {
    const model = stringOf(message['model']);
    this.#view = { ...this.#view, lastWork: ref, ...(model === undefined ? {} : { model }) };
    this.#setTurn({ kind: listOf(message['toolCalls']).length > 0 ? 'open' : 'ended', ...ref });
  }

  #setTurn(turn: Exclude<Turn, { kind: 'none' }>): void {
    this.#view = { ...this.#view, turn, lastActivityMs: turn.atMs };
  }
}
