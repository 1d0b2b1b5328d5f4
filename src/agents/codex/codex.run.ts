import { at, parseRecord, recordOf, stringOf, type JsonRecord } from '../../core/json-record.js';
import { RunFold, type RunEnd } from '../../core/ports/agent.js';
import { endingOf, type RunOutcome } from '../../core/run.js';
import { evidence, type EpochMs, type Verdict } from '../../core/stop.js';
import { classifyCodexError } from './codex.classifier.js';

const NO_SESSION = /no rollout found for thread id|no thread with id/i;
const OTHER_WRITER = /already has an active writer/i;
const SOURCE = 'codex exec';

/**
 * The outcome of `codex exec --json` (0.169.0). Its `error` events are not final: while it tries again it says
 * "Reconnecting..."; `turn.failed` is. What a read-only sandbox refused it does not tell: the rollout names the sandbox.
 */
export class CodexRun extends RunFold {
  #sessionId: string | undefined;
  #end: JsonRecord | undefined;
  readonly #denied: string[] = [];

  constructor(private readonly zone: string) {
    super();
  }

  sessionId(): string | undefined {
    return this.#sessionId;
  }

  accept(line: string): void {
    const record = parseRecord(line);
    if (record?.['type'] === 'thread.started') this.#sessionId ??= stringOf(record['thread_id']);
    else if (record?.['type'] === 'turn.started') this.#end = undefined;
    else if (at(record, 'item', 'status') === 'declined')
      this.#denied.push(stringOf(at(record, 'item', 'type')) ?? 'a tool');
    else if (record?.['type'] === 'turn.completed' || record?.['type'] === 'turn.failed') this.#end = record;
  }

  outcome({ exit, stderrTail, atMs }: RunEnd): RunOutcome {
    const ended = endingOf(exit, this.#denied);
    if (this.#end?.['type'] === 'turn.completed') return { result: 'ok', ...ended };
    if (this.#end !== undefined)
      return { result: 'failed', ...ended, verdict: this.#verdict(recordOf(this.#end['error']), atMs) };
    const verdict = refused(stderrTail);
    return verdict === undefined ? { result: 'none', ...ended } : { result: 'failed', ...ended, verdict };
  }

  #verdict(error: JsonRecord | undefined, atMs: EpochMs): Verdict {
    return classifyCodexError(error, undefined, { atMs, zone: this.zone }, SOURCE);
  }
}

/** Why it did not even begin. */
function refused(stderrTail: string): Verdict | undefined {
  if (NO_SESSION.test(stderrTail))
    return {
      reason: 'session_missing',
      confidence: 1,
      evidence: evidence('stderr', 'no-rollout', stderrTail),
    };
  if (OTHER_WRITER.test(stderrTail))
    return { reason: 'unknown', confidence: 1, evidence: evidence('stderr', 'active-writer', stderrTail) };
  return undefined;
}
