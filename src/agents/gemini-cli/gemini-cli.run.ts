import { at, parseRecord, stringOf, type JsonRecord } from '../../core/json-record.js';
import { RunFold, type RunEnd } from '../../core/ports/agent.js';
import { endingOf, type RunOutcome } from '../../core/run.js';
import { evidence, type Verdict } from '../../core/stop.js';
import { classifyGeminiError, statusOfExit } from './gemini-cli.classifier.js';

/** Tools that change something: without an approval mode that allows them they are not even there. */
const GUARDED = new Set(['write_file', 'replace', 'edit', 'run_shell_command', 'web_fetch']);
const DENIED = new Set<unknown>(['tool_not_registered', 'policy_violation', 'execution_denied']);
const NO_SESSION = /No previous sessions found|Invalid session identifier/;

/**
 * The outcome of `gemini -o stream-json` (0.61.0): its last line is a `result`. Without one, the words on stderr and
 * the exit code, which is the HTTP status cut to a byte, tell; an interrupted run ends with 0 and no result.
 */
export class GeminiCliRun extends RunFold {
  #sessionId: string | undefined;
  #result: JsonRecord | undefined;
  /** Its calls of tools that need permission, by id. */
  readonly #guarded = new Map<string, string>();
  readonly #denied: string[] = [];

  constructor(private readonly zone: string) {
    super();
  }

  sessionId(): string | undefined {
    return this.#sessionId;
  }

  accept(line: string): void {
    const record = parseRecord(line);
    if (record?.['type'] === 'init') this.#sessionId ??= stringOf(record['session_id']);
    else if (record?.['type'] === 'result') this.#result = record;
    else if (record?.['type'] === 'tool_use') this.#acceptCall(record);
    else if (record?.['type'] === 'tool_result') this.#acceptAnswer(record);
  }

  #acceptCall(record: JsonRecord): void {
    const [id, name] = [stringOf(record['tool_id']), stringOf(record['tool_name'])];
    if (id !== undefined && name !== undefined && GUARDED.has(name)) this.#guarded.set(id, name);
  }

  #acceptAnswer(record: JsonRecord): void {
    const id = stringOf(record['tool_id']) ?? '';
    const name = this.#guarded.get(id);
    this.#guarded.delete(id);
    if (name !== undefined && DENIED.has(at(record, 'error', 'type'))) this.#denied.push(name);
  }

  outcome({ exit, stderrTail, atMs }: RunEnd): RunOutcome {
    const ended = endingOf(exit, this.#denied);
    const status = statusOfExit(exit.code);
    const verdict = (words: string): Verdict => classifyGeminiError(words, status, { atMs, zone: this.zone });
    if (this.#result?.['status'] === 'success') return { result: 'ok', ...ended };
    if (this.#result !== undefined) {
      const message = stringOf(at(this.#result, 'error', 'message')) ?? '';
      return { result: 'failed', ...ended, verdict: verdict(message) };
    }
    if (NO_SESSION.test(stderrTail)) return { result: 'failed', ...ended, verdict: missing(stderrTail) };
    return status === undefined
      ? { result: 'none', ...ended }
      : { result: 'failed', ...ended, verdict: verdict(stderrTail) };
  }
}

function missing(text: string): Verdict {
  return { reason: 'session_missing', confidence: 1, evidence: evidence('stderr', 'no-session', text) };
}
