import { basename, dirname } from 'node:path';
import { TranscriptFold } from '../../core/ports/agent.js';
import type { RecordRef, SessionView, Turn } from '../../core/session.js';
import { classifyError } from './claude-code.classifier.js';
import { listOf, parseRecord, recordOf, stringOf, type JsonRecord } from '../../core/json-record.js';
import { isErrorRecord, isSummary, LOCAL_COMMAND, textOf } from './claude-code.records.js';

/** Lines of other types can be megabytes of no interest: they are not even parsed. */
const RELEVANT = /"type"\s*:\s*"(?:user|assistant|permission-mode)"|"subtype"\s*:\s*"informational"/;
const INTERRUPTED = /^\[Request interrupted by user/;
/** What 2.1.330 notes down in a terminal after a limit: whether it will go on by itself at the reset. */
const WILL_CONTINUE = /set to continue automatically/;
const WILL_NOT_CONTINUE = /^Automatic continue |press enter to continue/i;
const SYNTHETIC_MODEL = '<synthetic>';
/** Records are flushed in batches that are not strictly in order; a clock set back is no such thing. */
const BATCH_MS = 1000;
/** `stop_reason`s that end no turn: after a refusal comes an error record, or the model is asked once more. */
const GOES_ON = new Set<unknown>(['tool_use', 'pause_turn', 'refusal', null, undefined]);

/**
 * What a transcript of Claude Code says (2.1.197, 2.1.330). Judged by the last turn: earlier limits stay in
 * the file. Side chains belong to sub-agents and are never taken for the session.
 */
export class ClaudeCodeTranscript extends TranscriptFold {
  #view: SessionView = { turn: { kind: 'none' } };
  #cwdIsCertain = false;
  /** The record before the one the turn stands at. */
  #turnFollows: string | undefined;
  readonly #folder: string;

  constructor(
    path: string,
    private readonly zone: string,
  ) {
    super();
    this.#folder = basename(dirname(path));
  }

  view(): SessionView {
    return this.#view;
  }

  isSufficient(): boolean {
    const { turn, permissionMode } = this.#view;
    return turn.kind !== 'none' && permissionMode !== undefined && this.#cwdIsCertain;
  }

  accept(line: string): void {
    if (!RELEVANT.test(line)) return;
    const record = parseRecord(line);
    if (record === undefined || record['isSidechain'] === true) return;
    this.#noteSettings(record);
    if (record['type'] === 'user') this.#acceptUser(record);
    else if (record['type'] === 'assistant') this.#acceptAssistant(record);
    else this.#acceptNotice(stringOf(record['content']) ?? '');
  }

  #noteSettings(record: JsonRecord): void {
    const permissionMode = stringOf(record['permissionMode']);
    const version = stringOf(record['version']);
    const entrypoint = stringOf(record['entrypoint']);
    this.#view = {
      ...this.#view,
      ...(permissionMode === undefined ? {} : { permissionMode }),
      ...(version === undefined ? {} : { version }),
      ...(entrypoint === undefined ? {} : { interactive: entrypoint === 'cli' }),
    };
    this.#noteCwd(stringOf(record['cwd']));
  }

  /** A session is resumed from the folder it was started in, not from where a command of it went (`cd`). */
  #noteCwd(cwd: string | undefined): void {
    if (cwd === undefined || this.#cwdIsCertain) return;
    this.#cwdIsCertain = slugOf(cwd) === this.#folder;
    this.#view = { ...this.#view, cwd };
  }

  #acceptUser(record: JsonRecord): void {
    const at = refOf(record);
    if (at === undefined || isSummary(record)) return;
    const message = recordOf(record['message']);
    if (INTERRUPTED.test(textOf(message))) return this.#setTurn({ kind: 'interrupted', ...at }, record);
    if (holdsToolResult(message)) return this.#setTurn({ kind: 'open', ...at }, record);
    if (asksAgain(record)) return this.#setTurn({ kind: 'open', ...at }, record);
    if (!isPrompt(record) || LOCAL_COMMAND.test(textOf(message))) return;
    this.#view = { ...this.#view, lastPrompt: at };
    this.#setTurn({ kind: 'open', ...at }, record);
  }

  #acceptAssistant(record: JsonRecord): void {
    const at = refOf(record);
    const message = recordOf(record['message']);
    if (at === undefined || message === undefined) return;
    if (isErrorRecord(record)) {
      const verdict = classifyError(record, { atMs: at.atMs, zone: this.zone });
      return this.#setTurn({ kind: 'failed', ...at, verdict }, record);
    }
    const model = stringOf(message['model']);
    if (model === undefined || model === SYNTHETIC_MODEL) return;
    this.#view = { ...this.#view, model, lastWork: at };
    this.#setTurn({ kind: GOES_ON.has(message['stop_reason']) ? 'open' : 'ended', ...at }, record);
  }

  #acceptNotice(text: string): void {
    const { turn } = this.#view;
    if (turn.kind !== 'failed') return;
    const { waitsItself: _before, ...verdict } = turn.verdict;
    if (WILL_CONTINUE.test(text))
      this.#view = { ...this.#view, turn: { ...turn, verdict: { ...verdict, waitsItself: true } } };
    else if (WILL_NOT_CONTINUE.test(text)) this.#view = { ...this.#view, turn: { ...turn, verdict } };
  }

  /**
   * Records of one batch may come in any order: one that the known one follows is older than it, and work that
   * is a moment older does not reopen a turn. What ends a turn always counts.
   */
  #setTurn(turn: Exclude<Turn, { kind: 'none' }>, record: JsonRecord): void {
    const current = this.#view.turn;
    if (turn.recordId === this.#turnFollows) return;
    const behindMs = current.kind === 'none' ? 0 : current.atMs - turn.atMs;
    if (turn.kind === 'open' && behindMs > 0 && behindMs < BATCH_MS) return;
    this.#turnFollows = stringOf(record['parentUuid']);
    this.#view = { ...this.#view, turn, lastActivityMs: turn.atMs };
  }
}

/** The folder name Claude Code gives a working directory: each character that is no letter or digit is a dash. */
function slugOf(cwd: string): string {
  return cwd.replace(/[^a-zA-Z0-9]/g, '-');
}

function refOf(record: JsonRecord): RecordRef | undefined {
  const recordId = stringOf(record['uuid']);
  const atMs = Date.parse(stringOf(record['timestamp']) ?? '');
  return recordId === undefined || Number.isNaN(atMs) ? undefined : { recordId, atMs };
}

/** Notes to the model are no prompts, but for the one by which 2.1.330 goes on by itself after a limit. */
function isPrompt(record: JsonRecord): boolean {
  return record['isMeta'] !== true || record['turnOrigin'] === 'auto_continuation';
}

/** 2.1.330 has the model go on with an answer that broke off, though it wrote that down as one that ended. */
function asksAgain(record: JsonRecord): boolean {
  return record['isMeta'] === true && record['turnCompanion'] === true;
}

function holdsToolResult(message: JsonRecord | undefined): boolean {
  return listOf(message?.['content']).some((block) => recordOf(block)?.['type'] === 'tool_result');
}
