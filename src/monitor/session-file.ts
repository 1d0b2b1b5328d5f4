import { createReadStream, existsSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { createInterface } from 'node:readline';
import { isStop, type Finding } from '../core/finding.js';
import { judge, refine } from '../core/judge.js';
import { at, parseRecord, recordOf, stringOf, type JsonRecord } from '../core/json-record.js';
import type { Agent, HomeLayout, RunEnd } from '../core/ports/agent.js';
import type { ProcessHost } from '../core/ports/process-host.js';
import type { Holding, SessionView } from '../core/session.js';
import { epochMs } from '../core/reset-text.js';
import type { Signal } from '../core/signal.js';
import { evidence, type EpochMs } from '../core/stop.js';
import { uuidTimeMs } from '../core/uuid-time.js';
import { SqliteRows } from '../platform/sqlite-rows.js';
import { newHolderWatch } from './holder-watch.js';

const SQLITE = 'SQLite format 3\0';
const HEAD_BYTES = 4096;
/** A document that is one JSON value is held in memory whole; no export is longer. */
const MAX_DOCUMENT_BYTES = 64 * 1024 * 1024;

/** What a file of a session says of its end: by the agent that knows it, or undefined where none does. */
export async function classifySessionFile(
  path: string,
  agents: readonly Agent[],
  processes: ProcessHost,
): Promise<Finding | undefined> {
  const absolute = resolve(path);
  const head = await headOf(absolute);
  const document = await documentOf(absolute, head);
  for (const agent of agents) {
    const { id, view, isStream } = await read(absolute, head, document, agent);
    if (view.turn.kind === 'none' || isStream) continue;
    const live = await lastLogged(absolute, agent, id);
    return judged(view, await holdingOf(absolute, agent, view, processes), live);
  }
  return document === undefined ? fromRecords(absolute, agents) : fromDocument(document, agents);
}

async function headOf(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** `id`: of one session among others in the file. */
type Read = Readonly<{ id?: string | undefined; view: SessionView; isStream: boolean }>;

/** The session as the agent's own fold sees it; the output of a run can look like it. */
async function read(path: string, head: string, document: unknown, agent: Agent): Promise<Read> {
  const fold = agent.newTranscript(path);
  const run = agent.newRun();
  const newest = head.startsWith(SQLITE) ? newestIn(path, agent) : undefined;
  if (newest !== undefined) for (const record of newest.records) fold.accept(record);
  else if (document !== undefined) for (const record of agent.recordsIn(document)) fold.accept(record);
  else
    for await (const line of linesOf(path)) {
      fold.accept(line);
      run.accept(line);
    }
  return { id: newest?.id, view: fold.view(), isStream: run.sessionId() !== undefined };
}

type Newest = Readonly<{ id?: string; records: readonly string[] }>;

/** The session last used in a database; none in one of another program. */
function newestIn(path: string, agent: Agent): Newest {
  const { sessions } = agent.layoutOf(dirname(path));
  if (sessions.kind !== 'database') return { records: [] };
  const rows = new SqliteRows(path);
  try {
    const [newest] = sessions.queries.list(rows, 1);
    if (newest === undefined) return { records: [] };
    return { id: newest.id, records: sessions.queries.records(rows, newest.id) };
  } catch {
    return { records: [] };
  } finally {
    rows.close();
  }
}

/** A file that is one JSON value over several lines, or undefined. */
async function documentOf(path: string, head: string): Promise<unknown> {
  const [first = ''] = head.split('\n', 1);
  if (!/^\s*[[{]/.test(first) || parseRecord(first) !== undefined) return undefined;
  if ((await stat(path)).size > MAX_DOCUMENT_BYTES) return undefined;
  const file = await open(path, 'r');
  try {
    const value: unknown = JSON.parse(await file.readFile('utf8'));
    return value;
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}

function linesOf(path: string): AsyncIterable<string> {
  return createInterface({ input: createReadStream(path), crlfDelay: Infinity });
}

/** In a home of the agent it can be seen who holds the session; anywhere else a file is at rest. */
async function holdingOf(
  path: string,
  agent: Agent,
  view: SessionView,
  processes: ProcessHost,
): Promise<Holding> {
  const layout = homeAround(path, agent);
  const owner = agent.ownerOf(path);
  const atRest: Holding = { liveness: layout?.holders.kind === 'locks' ? 'dead' : 'absent' };
  if (layout === undefined || owner === undefined) return atRest;
  const id = owner === 'see-first-line' ? '' : owner.sessionId;
  const watch = newHolderWatch(agent, layout, processes, () => undefined);
  try {
    await watch.refresh();
    const holding = watch.holdingOf({ id, home: layout.home, view });
    return holding.liveness === 'unknown' ? atRest : holding;
  } finally {
    watch.close();
  }
}

function homeAround(path: string, agent: Agent): HomeLayout | undefined {
  for (let home = dirname(path); home !== dirname(home); home = dirname(home)) {
    const layout = agent.layoutOf(home);
    const { sessions } = layout;
    const isHere =
      sessions.kind === 'database'
        ? sessions.file === path
        : liesBelow(path, sessions.folder.path) &&
          relative(sessions.folder.path, path).split(sep).length === sessions.folder.depth + 1;
    if (isHere) return layout;
  }
  return undefined;
}

function liesBelow(path: string, folder: string): boolean {
  return path.startsWith(folder + sep);
}

/** The last thing the agent's log says, where its records keep quiet; a copy of it may lie beside them. */
async function lastLogged(path: string, agent: Agent, id: string | undefined): Promise<Signal | undefined> {
  const log = (homeAround(path, agent) ?? agent.layoutOf(dirname(path))).log;
  const found = [log, log && join(dirname(path), basename(log))].find((each) => each && existsSync(each));
  if (found === undefined) return undefined;
  let last: Signal | undefined;
  for await (const line of linesOf(found)) {
    const signals = agent.signalsOf(line, Date.now());
    last = signals.findLast(({ sessionId }) => id === undefined || sessionId === id) ?? last;
  }
  return last;
}

function judged(view: SessionView, holding: Holding, live: Signal | undefined): Finding {
  return (
    judge(view, holding, live) ?? {
      reason: 'not_a_stop',
      confidence: 0.9,
      evidence: evidence('session file', 'turn-open', 'the turn is under way'),
    }
  );
}

/** An error that was written down by itself. */
function fromDocument(payload: unknown, agents: readonly Agent[]): Finding | undefined {
  return agents.map((agent) => agent.classify({ kind: 'json', payload, atMs: Date.now() })).find(isStop);
}

/** A stream of events, whose last word counts; told by the agent that knows it best. */
async function fromRecords(path: string, agents: readonly Agent[]): Promise<Finding | undefined> {
  const { mtimeMs } = await stat(path);
  const endings = agents.map((agent) => new Ending(agent, mtimeMs));
  for await (const line of linesOf(path)) for (const ending of endings) ending.accept(line);
  const [best] = endings
    .filter((ending) => ending.finding() !== undefined)
    .toSorted((a, b) => b.certainty() - a.certainty());
  return best?.finding();
}

/** What the records of a stream come to. */
class Ending {
  readonly #run;
  #lastMs: EpochMs | undefined;
  #last: Finding | undefined;
  #works = false;

  constructor(
    private readonly agent: Agent,
    private readonly writtenMs: EpochMs,
  ) {
    this.#run = agent.newRun();
  }

  accept(line: string): void {
    this.#run.accept(line);
    const record = parseRecord(line);
    if (record !== undefined) this.#acceptRecord(record);
  }

  finding(): Finding | undefined {
    if (this.#last !== undefined && this.#run.sessionId() === undefined) return this.#last;
    const outcome = this.#run.sessionId() === undefined ? undefined : this.#run.outcome(this.#end());
    if (outcome?.verdict !== undefined) return outcome.verdict;
    if (outcome?.result === 'ok') return ended('completed', 1, 'the run ended well');
    if (this.#last !== undefined) return this.#last;
    return outcome !== undefined || this.#works
      ? ended('crash', 0.5, 'the stream ends in the middle of a turn')
      : undefined;
  }

  /** Where no record says its time, the id of a new session may, else the file when it was written last. */
  #end(): RunEnd {
    const atMs = this.#lastMs ?? uuidTimeMs(this.#run.sessionId() ?? '') ?? this.writtenMs;
    return { exit: {}, stderrTail: '', atMs };
  }

  /** How surely the stream is this agent's: its own run, its own records, or errors of any provider. */
  certainty(): number {
    if (this.#run.sessionId() !== undefined) return 2;
    return this.#last?.evidence.source.startsWith(this.agent.id) === true || this.#works ? 1 : 0;
  }

  #acceptRecord(record: JsonRecord): void {
    const payload = record['in'] ?? record;
    this.#lastMs = timeOf(record) ?? this.#lastMs;
    const atMs = this.#lastMs ?? this.writtenMs;
    if (this.agent.signalsOf(record, atMs).some(({ kind }) => kind === 'working')) {
      this.#works = true;
      this.#last = undefined;
    }
    const finding = this.agent.classify({ kind: 'json', payload, atMs });
    if (isStop(finding)) this.#last = this.#after(finding);
  }

  /** That a turn is over says nothing of how it ended, where that was said before. */
  #after(finding: Finding): Finding {
    const before = this.#last;
    if (before === undefined || !isStop(before) || !isStop(finding)) return finding;
    if (finding.confidence === 0 || (finding.reason === 'completed' && before.reason !== 'completed'))
      return before;
    return refine(finding, before);
  }
}

function ended(reason: 'completed' | 'crash', confidence: number, text: string): Finding {
  return { reason, confidence, evidence: evidence('stream', 'end', text) };
}

function timeOf(record: JsonRecord): EpochMs | undefined {
  const time = record['timestamp'] ?? record['t'] ?? at(recordOf(record['in']), 'timestamp');
  const atMs = typeof time === 'number' ? epochMs(time) : Date.parse(stringOf(time) ?? '');
  return Number.isNaN(atMs) ? undefined : atMs;
}
