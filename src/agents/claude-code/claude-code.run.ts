import { RunFold, type RunEnd } from '../../core/ports/agent.js';
import { endingOf, type RunEnding, type RunOutcome } from '../../core/run.js';
import { evidence, type Verdict } from '../../core/stop.js';
import { classifyError, statedLimit, type StatedLimit } from './claude-code.classifier.js';
import {
  listOf,
  numberOf,
  parseRecord,
  recordOf,
  stringOf,
  type JsonRecord,
} from '../../core/json-record.js';

/** Types of records that name the session. */
const OWN_TYPES = new Set<unknown>(['system', 'user', 'assistant', 'result', 'rate_limit_event']);
const NO_SESSION = /No conversation found with session ID/;

/**
 * The outcome of `claude -p --output-format stream-json --verbose` (2.1.197, 2.1.330). Its `subtype` says
 * "success" for API errors, too: `is_error` decides. A `rejected` rate_limit_event has the reset to the second.
 */
export class ClaudeCodeRun extends RunFold {
  #sessionId: string | undefined;
  #limit: StatedLimit | undefined;
  #error: JsonRecord | undefined;
  #result: JsonRecord | undefined;
  /** How the last compaction went: its failure alone is no error of the run. */
  #compaction: JsonRecord | undefined;

  constructor(private readonly zone: string) {
    super();
  }

  sessionId(): string | undefined {
    return this.#sessionId;
  }

  accept(line: string): void {
    const record = parseRecord(line);
    if (record === undefined) return;
    if (OWN_TYPES.has(record['type'])) this.#sessionId ??= stringOf(record['session_id']);
    if (record['type'] === 'rate_limit_event') this.#limit = statedLimit(record['rate_limit_info']);
    else if (record['type'] === 'assistant') this.#acceptAssistant(record);
    else if (record['type'] === 'result') this.#result = record;
    else if (record['compact_result'] !== undefined) this.#compaction = record;
  }

  #acceptAssistant(record: JsonRecord): void {
    if (record['parent_tool_use_id'] != null) return;
    this.#error = stringOf(record['error']) === undefined ? undefined : record;
  }

  outcome(end: RunEnd): RunOutcome {
    const ended = endingOf(end.exit, this.#deniedTools());
    if (this.#result === undefined) return this.#withoutResult(ended, end.stderrTail);
    if (this.#result['is_error'] !== true) {
      const verdict = stillFull(this.#result, this.#compaction);
      return verdict === undefined ? { result: 'ok', ...ended } : { result: 'failed', ...ended, verdict };
    }
    const recordId = stringOf(this.#error?.['uuid']);
    const verdict = this.#verdict(this.#result, end);
    return { result: 'failed', ...ended, verdict, ...(recordId === undefined ? {} : { recordId }) };
  }

  #withoutResult(ended: RunEnding, stderrTail: string): RunOutcome {
    if (NO_SESSION.test(stderrTail)) return { result: 'failed', ...ended, verdict: missing(stderrTail) };
    if (stderrTail.trim() === '') return { result: 'none', ...ended };
    return {
      result: 'none',
      ...ended,
      verdict: { reason: 'unknown', confidence: 0, evidence: evidence('stderr', 'no-result', stderrTail) },
    };
  }

  #verdict(result: JsonRecord, { stderrTail, atMs }: RunEnd): Verdict {
    const errors = listOf(result['errors']).filter((text) => typeof text === 'string');
    if (errors.some((text) => NO_SESSION.test(text))) return missing(errors.join('; '));
    const ending = stringOf(result['terminal_reason']) ?? '';
    if (ending.startsWith('aborted')) return interrupted(ending);
    const text = stringOf(result['result']) ?? errors.join('; ');
    const status = numberOf(result['api_error_status']);
    const record: JsonRecord = {
      error: this.#error?.['error'],
      ...(status === undefined ? {} : { apiErrorStatus: status }),
      message: recordOf(this.#error?.['message']) ?? { content: text === '' ? stderrTail : text },
    };
    const verdict = classifyError(record, { atMs, zone: this.zone });
    if (this.#limit === undefined || verdict.reason !== 'usage_limit') return verdict;
    return { ...verdict, ...this.#limit, confidence: 1 };
  }

  #deniedTools(): readonly string[] {
    return listOf(this.#result?.['permission_denials'])
      .map((denial) => stringOf(recordOf(denial)?.['tool_name']))
      .filter((name) => name !== undefined);
  }
}

function missing(text: string): Verdict {
  return { reason: 'session_missing', confidence: 1, evidence: evidence('result', 'no-conversation', text) };
}

function interrupted(ending: string): Verdict {
  return {
    reason: 'user_exit',
    confidence: 1,
    evidence: evidence('result', `terminal_reason=${ending}`, 'the user interrupted the run'),
  };
}

/** A run that was to compact and did nothing else. */
function stillFull(result: JsonRecord, compaction: JsonRecord | undefined): Verdict | undefined {
  if (result['num_turns'] !== 0 || compaction === undefined || compaction['compact_result'] === 'success')
    return undefined;
  const words = stringOf(compaction['compact_error']) ?? 'the compaction failed';
  return {
    reason: 'context_exhausted',
    confidence: 1,
    evidence: evidence('status', 'compact_result', words),
  };
}
