import { at, copyOf, parseRecord, recordOf, stringOf, type JsonRecord } from '../../core/json-record.js';
import { TranscriptFold } from '../../core/ports/agent.js';
import type { SessionView, Turn } from '../../core/session.js';
import type { EpochMs } from '../../core/stop.js';
import { classifyCodexError } from './codex.classifier.js';

/** What else a rollout holds (messages, tool output, world state) is long, and says nothing that is needed. */
const RELEVANT =
  /^\{"timestamp":"[^"]*"(?:,"ordinal":\d+)?,"type":"(?:session_meta|turn_context|event_msg","payload":\{"type":"(?:task_started|task_complete|turn_aborted|token_count|item_completed|user_message|agent_message|error)")/;

/** Items that are no work of the model. */
const NO_WORK = new Set(['UserMessage', 'ContextCompaction', 'HookPrompt']);
const INTERACTIVE = /"originator":"(?!codex_exec)/;
const SUBAGENT = /"source":\{"subagent"|"thread_source":"subagent"/;

/** What a rollout of Codex says (0.169.0). Its turns are named, so the newest one decides. */
export class CodexRollout extends TranscriptFold {
  #view: SessionView = { turn: { kind: 'none' } };
  #rateLimits: unknown;

  constructor(private readonly zone: string) {
    super();
  }

  view(): SessionView {
    return this.#view;
  }

  /** Each turn begins with its context. */
  isSufficient(): boolean {
    const { turn, cwd, permissionMode } = this.#view;
    return turn.kind !== 'none' && cwd !== undefined && permissionMode !== undefined;
  }

  /** Instructions make the first record long; who started the session stands before them. */
  override acceptHead(head: string): void {
    const version = /"cli_version":"([^"]{1,40})"/.exec(head)?.[1];
    this.#view = {
      ...this.#view,
      ...(version === undefined ? {} : { version: copyOf(version) }),
      interactive: INTERACTIVE.test(head),
      ...(SUBAGENT.test(head) ? { isSubagent: true as const } : {}),
    };
  }

  accept(line: string): void {
    if (!RELEVANT.test(line)) return;
    const record = parseRecord(line);
    const payload = recordOf(record?.['payload']);
    const atMs = Date.parse(stringOf(record?.['timestamp']) ?? '');
    if (payload === undefined || Number.isNaN(atMs)) return;
    if (record?.['type'] === 'session_meta') this.#acceptMeta(line, payload);
    else if (record?.['type'] === 'turn_context') this.#acceptContext(payload);
    else this.#acceptEvent(payload, atMs);
  }

  #acceptMeta(line: string, payload: JsonRecord): void {
    this.acceptHead(line);
    const cwd = stringOf(payload['cwd']);
    if (cwd !== undefined) this.#view = { cwd, ...this.#view };
  }

  #acceptContext(payload: JsonRecord): void {
    const cwd = stringOf(payload['cwd']);
    const model = stringOf(payload['model']);
    const effort = stringOf(
      payload['effort'] ?? at(payload, 'collaboration_mode', 'settings', 'reasoning_effort'),
    );
    const permissionMode = stringOf(at(payload, 'sandbox_policy', 'type'));
    this.#view = {
      ...this.#view,
      ...(cwd === undefined ? {} : { cwd }),
      ...(model === undefined ? {} : { model }),
      ...(effort === undefined ? {} : { effort }),
      ...(permissionMode === undefined ? {} : { permissionMode }),
    };
  }

  #acceptEvent(payload: JsonRecord, atMs: EpochMs): void {
    const recordId = stringOf(payload['turn_id']) ?? this.#turnId() ?? `at-${atMs}`;
    switch (payload['type']) {
      case 'task_started':
        return this.#setTurn({ kind: 'open', recordId, atMs });
      case 'task_complete':
        return this.#setTurn(this.#completed(payload, recordId, atMs));
      case 'turn_aborted':
        return this.#setTurn({ kind: 'interrupted', recordId, atMs });
      case 'error':
        return this.#setTurn({ kind: 'failed', recordId, atMs, verdict: this.#verdict(payload, atMs) });
      case 'token_count':
        this.#rateLimits = payload['rate_limits'] ?? this.#rateLimits;
        return;
      default:
        return this.#acceptItem(payload, atMs);
    }
  }

  /** An older version tells of the error in a record of its own, before the end of the turn. */
  #completed(payload: JsonRecord, recordId: string, atMs: EpochMs): Turn {
    const { turn } = this.#view;
    if (payload['error'] != null)
      return { kind: 'failed', recordId, atMs, verdict: this.#verdict(payload['error'], atMs) };
    return turn.kind === 'failed' && turn.recordId === recordId ? turn : { kind: 'ended', recordId, atMs };
  }

  #acceptItem(payload: JsonRecord, atMs: EpochMs): void {
    const item = recordOf(payload['item']);
    const type = stringOf(item?.['type']) ?? (payload['type'] === 'user_message' ? 'UserMessage' : '');
    const ref = { recordId: stringOf(item?.['id']) ?? `at-${atMs}`, atMs };
    if (type === 'UserMessage') this.#view = { ...this.#view, lastPrompt: ref, lastActivityMs: atMs };
    else if (!NO_WORK.has(type)) this.#view = { ...this.#view, lastWork: ref, lastActivityMs: atMs };
  }

  #verdict(error: unknown, atMs: EpochMs): ReturnType<typeof classifyCodexError> {
    return classifyCodexError(error, this.#rateLimits, { atMs, zone: this.zone });
  }

  #turnId(): string | undefined {
    const { turn } = this.#view;
    return turn.kind === 'none' ? undefined : turn.recordId;
  }

  #setTurn(turn: Turn): void {
    if (turn.kind !== 'none') this.#view = { ...this.#view, turn, lastActivityMs: turn.atMs };
  }
}
