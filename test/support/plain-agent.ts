import { basename } from 'node:path';
import type { Finding } from '../../src/core/finding.js';
import { parseRecord, stringOf } from '../../src/core/json-record.js';
import {
  Agent,
  TranscriptFold,
  type FileOwner,
  type HomeLayout,
  type RunFold,
} from '../../src/core/ports/agent.js';
import type { Command } from '../../src/core/ports/process-host.js';
import type { SessionView } from '../../src/core/session.js';
import type { Signal } from '../../src/core/signal.js';

/** Each record is a part of the view; enough is known when the folder is. */
export class PlainFold extends TranscriptFold {
  readonly heads: string[] = [];
  readonly lines: string[] = [];
  #view: SessionView = { turn: { kind: 'none' } };

  accept(line: string): void {
    this.lines.push(line);
    this.#view = { ...this.#view, ...parseRecord(line) };
  }

  override acceptHead(head: string): void {
    this.heads.push(head);
  }

  view(): SessionView {
    return this.#view;
  }

  isSufficient(): boolean {
    return this.#view.cwd !== undefined;
  }
}

/** An agent without peculiarities: sessions in `<id>.jsonl`, or in `*.unnamed` files whose first line names them. */
export class PlainAgent extends Agent {
  readonly id: string = 'plain';
  readonly takesSessionId = true;
  readonly folds: PlainFold[] = [];
  layout: Omit<HomeLayout, 'home'> = {
    sessions: { kind: 'files', folder: { path: '/nowhere', depth: 0 } },
    holders: { kind: 'processes' },
  };

  configuredHomes(): readonly string[] {
    return ['/home'];
  }

  layoutOf(home: string): HomeLayout {
    return { home, ...this.layout };
  }

  ownerOf(path: string): FileOwner | undefined {
    if (path.endsWith('.unnamed')) return 'see-first-line';
    return path.endsWith('.jsonl') ? { sessionId: basename(path, '.jsonl') } : undefined;
  }

  override sessionIdIn(firstLine: string): string | undefined {
    return stringOf(parseRecord(firstLine)?.['sessionId']);
  }

  newTranscript(): PlainFold {
    const fold = new PlainFold();
    this.folds.push(fold);
    return fold;
  }

  /** A line of its log is the session's id. */
  override signalsOf(report: unknown, atMs: number): readonly Signal[] {
    const sessionId = stringOf(report);
    return sessionId === undefined ? [] : [{ sessionId, atMs, source: 'log', kind: 'working' }];
  }

  newRun(): RunFold {
    throw new Error('nobody runs it');
  }

  launch(): Command {
    throw new Error('nobody launches it');
  }

  resume(): Command {
    throw new Error('nobody resumes it');
  }

  classify(): Finding {
    throw new Error('nobody classifies its records');
  }
}
