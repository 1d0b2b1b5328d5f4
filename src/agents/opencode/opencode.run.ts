import { at, parseRecord, stringOf, type JsonRecord } from '../../core/json-record.js';
import { RunFold, type RunEnd } from '../../core/ports/agent.js';
import { endingOf, type RunOutcome } from '../../core/run.js';
import { evidence } from '../../core/stop.js';
import { classifyOpenCodeError } from './opencode.classifier.js';

const NO_SESSION = /Session not found/;
const LOGGED_SESSION = /\bsession\.id=(ses_\w+)/;
/** Without `--auto` it refuses by itself what it would have to ask for. */
const REJECTED = /^The user rejected permission/;
const GOES_ON = 'tool-calls';
const FULL = 'ContextOverflowError';

/**
 * The outcome of `opencode run --format json` (1.18.33). While it waits for its next try it prints nothing and does not
 * end; permissions it was not given are refused and show as failed tools alone.
 */
export class OpenCodeRun extends RunFold {
  #sessionId: string | undefined;
  #error: JsonRecord | undefined;
  #finish: string | undefined;
  /** Steps since the last error: the first one after a full context only compacts it. */
  #stepsSince = 0;
  readonly #denied: string[] = [];

  constructor(private readonly zone: string) {
    super();
  }

  sessionId(): string | undefined {
    return this.#sessionId;
  }

  accept(line: string): void {
    const record = parseRecord(line);
    if (record === undefined) return;
    this.#sessionId ??= stringOf(record['sessionID']);
    if (record['type'] === 'error') this.#acceptError(record);
    if (record['type'] === 'tool_use' && REJECTED.test(stringOf(at(record, 'part', 'state', 'error')) ?? ''))
      this.#denied.push(stringOf(at(record, 'part', 'tool')) ?? 'a tool');
    if (record['type'] === 'step_start') this.#finish = undefined;
    if (record['type'] === 'step_finish') this.#acceptStep(stringOf(at(record, 'part', 'reason')));
  }

  #acceptError(record: JsonRecord): void {
    this.#error = record;
    this.#stepsSince = 0;
  }

  /** Work that follows an error shows that it was not the end. */
  #acceptStep(reason: string | undefined): void {
    this.#finish = reason;
    this.#stepsSince += 1;
    const compacts = at(this.#error, 'error', 'name') === FULL ? 1 : 0;
    if (this.#stepsSince > compacts) this.#error = undefined;
  }

  /** It names its session on stdout only after the first answer; its log does at once. */
  override acceptLog(line: string): void {
    this.#sessionId ??= LOGGED_SESSION.exec(line)?.[1];
  }

  outcome({ exit, stderrTail, atMs }: RunEnd): RunOutcome {
    const ended = endingOf(exit, this.#denied);
    if (this.#error !== undefined) {
      const anchor = { atMs, zone: this.zone };
      const verdict = classifyOpenCodeError(this.#error['error'], anchor, 'opencode run');
      return { result: 'failed', ...ended, verdict };
    }
    if (NO_SESSION.test(stderrTail)) {
      const why = evidence('stderr', 'no-session', stderrTail);
      return {
        result: 'failed',
        ...ended,
        verdict: { reason: 'session_missing', confidence: 1, evidence: why },
      };
    }
    const isOver = this.#finish !== undefined && this.#finish !== GOES_ON;
    return { result: isOver && exit.signal === undefined ? 'ok' : 'none', ...ended };
  }
}
