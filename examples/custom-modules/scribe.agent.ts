import { basename } from 'node:path';
import { Injectable } from '@nestjs/common';
import {
  Agent,
  AgentAdapter,
  endingOf,
  evidence,
  parseRecord,
  RunFold,
  stringOf,
  TranscriptFold,
  type Command,
  type FileOwner,
  type Finding,
  type HomeLayout,
  type LaunchContract,
  type LooseRecord,
  type RunEnd,
  type RunOutcome,
  type SessionView,
  type Verdict,
} from 'palingenesis';

const PROGRAM = new URL('../scribe.mjs', import.meta.url).pathname;

/** A record of type `failed` says why in fields of its own; no words have to be understood. */
function verdictOf({ why, resets_at: resetsAt }: Readonly<Record<string, unknown>>): Verdict {
  const rule = stringOf(why) ?? 'unknown';
  const raw = stringOf(resetsAt);
  const found = { confidence: 1, evidence: evidence('transcript', 'why', rule) };
  if (rule === 'limit' && raw !== undefined)
    return { ...found, reason: 'usage_limit', reset: { atMs: Date.parse(raw), source: 'structured', raw } };
  return { ...found, reason: rule === 'login' ? 'auth' : 'unknown' };
}

class ScribeTranscript extends TranscriptFold {
  #view: SessionView = { turn: { kind: 'none' } };

  accept(line: string): void {
    const record = parseRecord(line);
    const at = { recordId: stringOf(record?.['id']) ?? '', atMs: Date.parse(stringOf(record?.['at']) ?? '') };
    if (record === undefined || Number.isNaN(at.atMs)) return;
    const { cwd = this.#view.cwd } = { cwd: stringOf(record['cwd']) };
    const view = { ...this.#view, ...(cwd === undefined ? {} : { cwd }), lastActivityMs: at.atMs };
    const open = { kind: 'open', ...at } as const;
    if (record['type'] === 'prompt') this.#view = { ...view, turn: open, lastPrompt: at };
    if (record['type'] === 'work') this.#view = { ...view, turn: open, lastWork: at };
    if (record['type'] === 'end') this.#view = { ...view, turn: { kind: 'ended', ...at } };
    if (record['type'] === 'failed')
      this.#view = { ...view, turn: { kind: 'failed', ...at, verdict: verdictOf(record) } };
  }

  view(): SessionView {
    return this.#view;
  }

  isSufficient(): boolean {
    return this.#view.cwd !== undefined;
  }
}

class ScribeRun extends RunFold {
  #last: Readonly<Record<string, unknown>> | undefined;

  accept(line: string): void {
    this.#last = parseRecord(line) ?? this.#last;
  }

  sessionId(): string | undefined {
    return stringOf(this.#last?.['session']);
  }

  outcome({ exit }: RunEnd): RunOutcome {
    return { result: this.#last?.['done'] === true ? 'ok' : 'none', ...endingOf(exit) };
  }
}

/** An agent nobody else has: sessions are files of JSON lines in one folder. */
@AgentAdapter()
@Injectable()
export class ScribeAgent extends Agent {
  readonly id = 'scribe';
  readonly takesSessionId = true;

  configuredHomes(): readonly string[] {
    return [process.env['SCRIBE_HOME'] ?? '/var/lib/scribe'];
  }

  layoutOf(home: string): HomeLayout {
    return {
      home,
      sessions: { kind: 'files', folder: { path: home, depth: 0 } },
      holders: { kind: 'processes' },
    };
  }

  ownerOf(path: string): FileOwner | undefined {
    return path.endsWith('.jsonl') ? { sessionId: basename(path, '.jsonl') } : undefined;
  }

  newTranscript(): TranscriptFold {
    return new ScribeTranscript();
  }

  newRun(): RunFold {
    return new ScribeRun();
  }

  launch(sessionId: string, contract: LaunchContract, prompt: string): Command {
    return this.#command('start', sessionId, contract, prompt);
  }

  resume(sessionId: string, contract: LaunchContract, prompt: string): Command {
    return this.#command('resume', sessionId, contract, prompt);
  }

  classify({ kind, payload }: LooseRecord): Finding {
    return verdictOf((kind === 'text' ? parseRecord(payload) : undefined) ?? {});
  }

  #command(verb: string, id: string, { cwd, home }: LaunchContract, prompt: string): Command {
    return {
      file: process.execPath,
      args: [PROGRAM, verb, id],
      cwd,
      env: { SCRIBE_HOME: home },
      stdin: prompt,
    };
  }
}
