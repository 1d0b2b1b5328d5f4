import { stat } from 'node:fs/promises';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { AgentCatalog } from '../agents/agent-catalog.js';
import { Config } from '../config/config.js';
import { messageOf } from '../core/errors.js';
import { judge } from '../core/judge.js';
import { Clock, type Cancel } from '../core/ports/clock.js';
import { EventBus } from '../core/ports/event-bus.js';
import { ProcessHost } from '../core/ports/process-host.js';
import { Telemetry } from '../core/ports/telemetry.js';
import { SessionDirectory } from '../core/ports/session-directory.js';
import type { LaunchContract, Liveness, SessionSnapshot, SessionView } from '../core/session.js';
import { LineTail, type TailRead } from '../platform/line-tail.js';
import { ClaimTable } from './claim-table.js';
import { ExpectedSessions, viewOf, type Expected } from './expected-sessions.js';
import { HomeWatch } from './home-watch.js';
import { Mailboxes } from './mailboxes.js';
import { traceScan, traceStop } from './monitor-spans.js';
import { TrackedSession, troubleOf } from './tracked-session.js';

const HOUR_MS = 3_600_000;

type Entry = {
  readonly session: TrackedSession;
  readonly homeWatch: HomeWatch;
  /** Since when no process holds its unfinished turn; a crash is called only after a second look. */
  goneSinceMs?: number | undefined;
  /** The stop last published, so that each is published once. */
  published?: string | undefined;
  trouble?: string | undefined;
};

/** Follows every session of every configured home and says when one stops or goes on. */
@Injectable()
export class SessionRegistry
  extends SessionDirectory
  implements OnApplicationBootstrap, OnApplicationShutdown
{
  readonly #log = new Logger('Monitor');
  readonly #entries = new Map<string, Entry>();
  readonly #expected = new ExpectedSessions();
  readonly #claims: ClaimTable;
  readonly #mailboxes: Mailboxes;
  readonly #timers: Cancel[] = [];
  #homes: readonly HomeWatch[] = [];
  #ready: Promise<void> = Promise.resolve();

  constructor(
    private readonly config: Config,
    private readonly agents: AgentCatalog,
    private readonly clock: Clock,
    private readonly bus: EventBus,
    private readonly telemetry: Telemetry,
    processes: ProcessHost,
  ) {
    super();
    this.#claims = new ClaimTable(processes);
    this.#mailboxes = new Mailboxes(config.monitor.readConcurrency);
  }

  onApplicationBootstrap(): void {
    this.#homes = this.agents.all().flatMap((agent) =>
      agent.homes().map(
        (layout) =>
          new HomeWatch(agent, layout, {
            onTranscript: (home, path) => this.#onTranscript(home, path),
            onClaim: (home, path) => this.#onClaim(home, path),
          }),
      ),
    );
    const { rescanS, livenessS } = this.config.monitor;
    this.#ready = traceScan(this.telemetry, this.#homes.length, () =>
      this.#scan().then(() => this.#entries.size),
    );
    this.#timers.push(
      this.clock.every(rescanS * 1000, () => void this.#scan()),
      this.clock.every(livenessS * 1000, () => this.#lookAtProcesses()),
    );
  }

  onApplicationShutdown(): void {
    for (const cancel of this.#timers) cancel();
    for (const home of this.#homes) home.close();
  }

  whenReady(): Promise<void> {
    return this.#ready;
  }

  find(id: string): SessionSnapshot | undefined {
    const entry = this.#entries.get(id);
    if (entry !== undefined) return this.#snapshot(entry);
    const expected = this.#expected.get(id);
    return expected && this.#expectedSnapshot(id, expected);
  }

  async refresh(id: string): Promise<SessionSnapshot | undefined> {
    const entry = this.#entries.get(id);
    if (entry !== undefined) await this.#post(entry);
    return this.find(id);
  }

  list(): readonly SessionSnapshot[] {
    const unseen = this.#expected.entries().filter(([id]) => !this.#entries.has(id));
    return [
      ...[...this.#entries.values()].map((entry) => this.#snapshot(entry)),
      ...unseen.map(([id, expected]) => this.#expectedSnapshot(id, expected)),
    ];
  }

  expect(agent: string, id: string, contract: LaunchContract): void {
    this.#expected.add(id, { agent, contract, sinceMs: this.clock.nowMs() });
  }

  /** Looks at everything once: claims first, since a turn is judged by them, then the newest sessions first. */
  async #scan(): Promise<void> {
    try {
      await this.#lookAtAll();
    } catch (error) {
      this.#log.error(`looking at the sessions failed: ${messageOf(error)}`);
    }
  }

  async #lookAtAll(): Promise<void> {
    for (const home of this.#homes) await this.#scanClaims(home);
    const found = (await Promise.all(this.#homes.map((home) => this.#listNewestFirst(home)))).flat();
    await Promise.all(found.map((entry) => this.#post(entry)));
  }

  async #scanClaims(home: HomeWatch): Promise<void> {
    const paths = await home.listClaims();
    this.#claims.retain(home.layout.claims.path, paths);
    await Promise.all(paths.map((path) => this.#claims.update(home.agent, path)));
  }

  /** The sessions of a home whose files changed since they were read; old ones are only listed. */
  async #listNewestFirst(home: HomeWatch): Promise<readonly Entry[]> {
    const listOnlyBeforeMs = this.clock.nowMs() - this.config.monitor.listOnlyAfterH * HOUR_MS;
    const changed: Entry[] = [];
    for (const path of await home.listTranscripts()) {
      const entry = this.#entryFor(home, path);
      const info = entry && (await stat(path).catch(() => undefined));
      if (entry === undefined || info === undefined) continue;
      const { session } = entry;
      const isUnread = info.size !== session.sizeBytes || info.mtimeMs !== session.modifiedMs;
      session.noteFile(info.size, info.mtimeMs);
      if (isUnread && (session.isKnown || info.mtimeMs >= listOnlyBeforeMs)) changed.push(entry);
    }
    return changed.sort((a, b) => b.session.modifiedMs - a.session.modifiedMs);
  }

  #onTranscript(home: HomeWatch, path: string): void {
    const entry = this.#entryFor(home, path);
    if (entry !== undefined) void this.#post(entry);
  }

  #onClaim(home: HomeWatch, path: string): void {
    void this.#claims.update(home.agent, path).then((ids) => {
      for (const id of ids) this.#judgeAgain(id);
    });
  }

  #entryFor(homeWatch: HomeWatch, path: string): Entry | undefined {
    const { agent, layout } = homeWatch;
    const id = agent.sessionIdOf(path);
    if (id === undefined) return undefined;
    const known = this.#entries.get(id);
    if (known !== undefined) return known.session.path === path ? known : undefined;
    const session = new TrackedSession(id, agent, layout.home, path, (file, growth) =>
      this.#newTail(file, growth),
    );
    const entry: Entry = { session, homeWatch };
    this.#entries.set(id, entry);
    return entry;
  }

  #newTail(path: string, growth: number): LineTail {
    const { tailBytes, maxLineBytes } = this.config.monitor;
    return new LineTail(path, { tailBytes: tailBytes * growth, maxLineBytes });
  }

  #post(entry: Entry): Promise<void> {
    const { id } = entry.session;
    return this.#mailboxes.post(id, () =>
      this.advance(entry).catch((error: unknown) => {
        this.#log.error(`session ${id} could not be looked at: ${messageOf(error)}`);
      }),
    );
  }

  private async advance(entry: Entry): Promise<void> {
    const { session } = entry;
    const startedMs = this.clock.nowMs();
    const before = session.isKnown ? session.view() : undefined;
    const read = await session.advance();
    this.#noteTrouble(entry, read);
    if (read.kind === 'missing') this.#entries.delete(session.id);
    if (read.kind !== 'read') return;
    this.#expected.settle(session.id, session.view());
    if (before !== undefined) this.#publishProgress(entry, before);
    this.#publishStop(entry, startedMs, read.bytes);
  }

  #publishProgress(entry: Entry, before: SessionView): void {
    const { lastPrompt, lastWork } = entry.session.view();
    if (lastPrompt !== undefined && lastPrompt.recordId !== before.lastPrompt?.recordId)
      this.bus.publish({ type: 'session-progressed', session: this.#snapshot(entry), by: 'prompt' });
    if (lastWork !== undefined && lastWork.recordId !== before.lastWork?.recordId)
      this.bus.publish({ type: 'session-progressed', session: this.#snapshot(entry), by: 'work' });
  }

  #publishStop(entry: Entry, seenMs: number, bytes: number): void {
    const session = this.#snapshot(entry);
    const { stop } = session;
    const name = stop && `${stop.recordId} ${stop.reason}`;
    if (name === entry.published) return;
    entry.published = name;
    if (stop === undefined) return;
    const trace = traceStop(this.telemetry, session, stop, { seenMs, bytes });
    this.bus.publish({ type: 'session-stopped', session, stop, trace });
  }

  /** A process that dies by `kill -9` changes no file, so those of unfinished turns are looked at. */
  #lookAtProcesses(): void {
    for (const [id, entry] of this.#entries)
      if (this.#isUnfinished(entry) && this.#claims.livenessOf(id).liveness !== 'alive') this.#judgeAgain(id);
  }

  #isUnfinished({ session, published }: Entry): boolean {
    return session.isKnown && published === undefined && session.view().turn.kind === 'open';
  }

  #judgeAgain(id: string): void {
    const entry = this.#entries.get(id);
    if (entry?.session.isKnown === true) void this.#post(entry);
  }

  #snapshot(entry: Entry): SessionSnapshot {
    const { session, homeWatch } = entry;
    const view = this.#expected.complete(session.id, session.view());
    const { liveness, pid } = this.#livenessOf(entry, view);
    const stop = session.isKnown ? judge(view, liveness) : undefined;
    return {
      id: session.id,
      agent: session.agent.id,
      home: homeWatch.layout.home,
      path: session.path,
      view,
      liveness,
      sizeBytes: session.sizeBytes,
      modifiedMs: session.modifiedMs,
      ...(pid === undefined ? {} : { pid }),
      ...(stop === undefined ? {} : { stop }),
    };
  }

  /**
   * An unfinished turn without a process is first `unknown`: the file may still be catching up with an end
   * that came a moment ago. It counts as gone when it still is at the next look.
   */
  #livenessOf(entry: Entry, view: SessionView): { liveness: Liveness; pid?: number } {
    const seen = this.#claims.livenessOf(entry.session.id);
    if (seen.liveness === 'absent' && !entry.homeWatch.keepsClaims) return { liveness: 'unknown' };
    if (seen.liveness === 'alive' || view.turn.kind !== 'open') {
      entry.goneSinceMs = undefined;
      return seen;
    }
    const nowMs = this.clock.nowMs();
    entry.goneSinceMs ??= nowMs;
    const isSettled = nowMs - entry.goneSinceMs >= this.config.monitor.livenessS * 1000;
    return isSettled ? seen : { liveness: 'unknown' };
  }

  #expectedSnapshot(id: string, expected: Expected): SessionSnapshot {
    const { agent, contract, sinceMs } = expected;
    const { liveness, pid } = this.#claims.livenessOf(id);
    const seen = { liveness, ...(pid === undefined ? {} : { pid }) };
    return {
      id,
      agent,
      home: contract.home,
      view: viewOf(expected),
      ...seen,
      sizeBytes: 0,
      modifiedMs: sinceMs,
    };
  }

  /** Once per kind of trouble and file: a file that cannot be read stays so for a while. */
  #noteTrouble(entry: Entry, read: TailRead): void {
    const trouble = troubleOf(read);
    if (trouble !== undefined && trouble !== entry.trouble)
      this.#log.warn(`${entry.session.path}: ${trouble}`);
    entry.trouble = trouble;
  }
}
