import {
  at,
  isRecord,
  listOf,
  numberOf,
  parseRecord,
  recordOf,
  stringOf,
  type JsonRecord,
} from '../../core/json-record.js';
import { TranscriptFold } from '../../core/ports/agent.js';
import type { RecordRef, SessionView, Turn } from '../../core/session.js';
import { evidence, type EpochMs, type Verdict } from '../../core/stop.js';
import { classifyOpenCodeError } from './opencode.classifier.js';

const ABORTED = 'MessageAbortedError';
/** Whoever compacts once more after that would do it without end (seen with 1.18.33). */
const HOPELESS = 2;
const REFUSED: Verdict = {
  reason: 'refusal',
  confidence: 1,
  evidence: evidence('opencode message', 'finish=content-filter', 'the answer was filtered'),
};

const NOT_PERMITTED: Verdict = {
  reason: 'awaiting_input',
  confidence: 1,
  evidence: evidence(
    'opencode part',
    'permission-rejected',
    'a call was not permitted, which ended the turn',
  ),
};

const STILL_FULL: Verdict = {
  reason: 'context_exhausted',
  confidence: 1,
  evidence: evidence('opencode message', 'mode=compaction', 'compacted, and full again before any work'),
};

/**
 * What rows of OpenCode's database say (1.18.33): a row of `session`, then rows of `message`, oldest first. A message
 * that waits for its next try is as open as one whose process died: only a live source tells.
 */
export class OpenCodeMessages extends TranscriptFold {
  #view: SessionView = { turn: { kind: 'none' } };

  constructor(private readonly zone: string) {
    super();
  }

  view(): SessionView {
    return this.#view;
  }

  isSufficient(): boolean {
    return true;
  }

  accept(line: string): void {
    const row = parseRecord(line);
    if (row === undefined) return;
    const data = typeof row['data'] === 'string' ? parseRecord(row['data']) : recordOf(row['data']);
    if (row['refused_in'] !== undefined) this.#acceptRefused(row['refused_in']);
    else if (data === undefined) this.#acceptSession(row);
    else this.#acceptMessage(row, data);
  }

  #acceptSession(row: JsonRecord): void {
    const cwd = stringOf(row['directory']);
    const version = stringOf(row['version']);
    this.#view = {
      ...this.#view,
      ...(cwd === undefined ? {} : { cwd }),
      ...(version === undefined ? {} : { version }),
      ...(stringOf(row['parent_id']) === undefined ? {} : { isSubagent: true as const }),
    };
  }

  /** The model is not asked again: what to do instead is for a person to say. */
  #acceptRefused(messageId: unknown): void {
    const { turn } = this.#view;
    if (turn.kind === 'open' && turn.recordId === messageId)
      this.#setTurn({ ...turn, kind: 'failed', verdict: NOT_PERMITTED });
  }

  #acceptMessage(row: JsonRecord, data: JsonRecord): void {
    const recordId = stringOf(row['id']);
    const createdMs = numberOf(row['time_created']) ?? numberOf(at(data, 'time', 'created'));
    if (recordId === undefined || createdMs === undefined) return;
    if (data['role'] === 'user') {
      const ref = { recordId, atMs: createdMs };
      this.#view = { ...this.#view, lastPrompt: ref };
      this.#setTurn({ kind: 'open', ...ref });
    } else if (data['role'] === 'assistant') this.#acceptAssistant(recordId, createdMs, data);
  }

  #acceptAssistant(recordId: string, createdMs: EpochMs, data: JsonRecord): void {
    const [model, provider] = [stringOf(data['modelID']), stringOf(data['providerID'])];
    if (model !== undefined) this.#view = { ...this.#view, model: provider ? `${provider}/${model}` : model };
    const completedMs = numberOf(at(data, 'time', 'completed'));
    const atMs = completedMs ?? createdMs;
    const finish = stringOf(data['finish']);
    if (finish !== undefined && finish !== 'error') this.#acceptWork({ recordId, atMs }, data['mode']);
    this.#setTurn(this.#turnOf({ recordId, atMs }, data, completedMs !== undefined, finish));
  }

  /** A summary makes room for work, and is none. */
  #acceptWork(ref: RecordRef, mode: unknown): void {
    const compactionsInARow = mode === 'compaction' ? (this.#view.compactionsInARow ?? 0) + 1 : 0;
    this.#view = { ...this.#view, compactionsInARow, ...(mode === 'compaction' ? {} : { lastWork: ref }) };
  }

  #turnOf(
    ref: { recordId: string; atMs: EpochMs },
    data: JsonRecord,
    isCompleted: boolean,
    finish: string | undefined,
  ): Exclude<Turn, { kind: 'none' }> {
    const { error } = data;
    if (isRecord(error))
      return error['name'] === ABORTED
        ? { kind: 'interrupted', ...ref }
        : { kind: 'failed', ...ref, verdict: this.#verdict(error, ref.atMs) };
    if (!isCompleted || finish === 'tool-calls') return { kind: 'open', ...ref };
    if (finish === 'content-filter') return { kind: 'failed', ...ref, verdict: REFUSED };
    if ((this.#view.compactionsInARow ?? 0) >= HOPELESS)
      return { kind: 'failed', ...ref, verdict: STILL_FULL };
    // Aborted while it waited for its next try, or about to be compacted, which writes more.
    return finish === undefined ? { kind: 'interrupted', ...ref } : { kind: 'ended', ...ref };
  }

  #verdict(error: JsonRecord, atMs: EpochMs): Verdict {
    return classifyOpenCodeError(error, { atMs, zone: this.zone }, 'opencode message');
  }

  #setTurn(turn: Exclude<Turn, { kind: 'none' }>): void {
    this.#view = { ...this.#view, turn, lastActivityMs: turn.atMs };
  }
}

/** The rows in a dump of the tables (`{session, message}`), or in what `opencode export` prints (`{info, messages}`). */
export function openCodeRecords(document: unknown): readonly string[] {
  const fields = recordOf(document);
  const info = recordOf(fields?.['info']);
  const rows =
    info === undefined
      ? [...listOf(fields?.['session']), ...listOf(fields?.['message'])]
      : [info, ...listOf(fields?.['messages']).map(exportedRow)];
  return rows.map((row) => JSON.stringify(row));
}

function exportedRow(message: unknown): object {
  const info = recordOf(recordOf(message)?.['info']) ?? {};
  return { id: info['id'], session_id: info['sessionID'], data: info };
}
