import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { AgentCatalog } from '../agents/agent-catalog.js';
import { Config } from '../config/config.js';
import { messageOf } from '../core/errors.js';
import { Clock, type Cancel } from '../core/ports/clock.js';
import { EventBus } from '../core/ports/event-bus.js';
import { ProcessHost } from '../core/ports/process-host.js';
import { Telemetry } from '../core/ports/telemetry.js';
import { SessionDirectory } from '../core/ports/session-directory.js';
import type { Holding, LaunchContract, SessionSnapshot, SessionView } from '../core/session.js';
import type { Signal } from '../core/signal.js';
import type { Stop } from '../core/stop.js';
import { openHomes } from './open-homes.js';
import { EarlySignals } from './early-signals.js';
import { ExpectedSessions, viewOf, type Expected } from './expected-sessions.js';
import {
  heldBy,
  isDoubtful,
  isHeld,
  isSameOrNewer,
  isSubagent,
  isUnfinished,
  type Entry,
  type Home,
} from './home.js';
import { Mailboxes } from './mailboxes.js';
import { traceScan, traceStop } from './monitor-spans.js';
import { snapshotOf, type SnapshotOptions } from './snapshot.js';
import type { Advance, TrackedSession } from './tracked-session.js';

const UNHELD: Holding = { liveness: 'unknown' };

/** Follows every session of every configured home and says when one stops or goes on. */
@Injectable()
export class SessionRegistry
  extends SessionDirectory
  implements OnApplicationBootstrap, OnApplicationShutdown
{
  readonly #log = new Logger('Monitor');
  readonly #entries = new Map<string, Entry>();
  readonly #expected = new ExpectedSessions();
  readonly #early: EarlySignals;
  readonly #mailboxes: Mailboxes;
  readonly #timers: Cancel[] = [];
  #homes: readonly Home[] = [];
  #ready: Promise<void> = Promise.resolve();
  #caughtUp: Promise<void> = Promise.resolve();

  constructor(
    private readonly config: Config,
    private readonly agents: AgentCatalog,
    private readonly clock: Clock,
    private readonly bus: EventBus,
    private readonly telemetry: Telemetry,
    private readonly processes: ProcessHost,
  ) {
    super();
    this.#early = new EarlySignals(() => config.monitor.maxEarlySignals);
    this.#mailboxes = new Mailboxes(config.monitor.readConcurrency);
  }

  onApplicationBootstrap(): void {
    this.#homes = openHomes(this.agents.all(), this.config, this.clock, this.processes, {
      onSession: (home, session) => void this.#post(this.#entryOf(home, session)),
      onSignals: (signals) => this.signal(signals),
      foldersOf: (home, pid) => this.#foldersOf(home, pid),
      onHolders: (ids) => ids.forEach((id) => this.#judgeAgain(id)),
    });
    const { rescanS, livenessS } = this.config.monitor;
    const listed = traceScan(this.telemetry, this.#homes.length, async () => {
      this.#caughtUp = this.#readAll(await this.#list());
      return this.#entries.size;
    });
    this.#ready = listed
      .then(() => Promise.all(this.#homes.map((home) => home.listen())))
      .then(() => undefined)
      .catch((error: unknown) => this.#tellFailedScan(error));
    this.#timers.push(
      this.clock.every(rescanS * 1000, () => void this.#scan()),
      this.clock.every(livenessS * 1000, () => void this.#lookAtHolders()),
    );
  }

  onApplicationShutdown(): void {
    for (const cancel of this.#timers) cancel();
    for (const home of this.#homes) home.close();
  }

  whenReady(): Promise<void> {
    return this.#ready;
  }

  async whenCaughtUp(): Promise<void> {
    await this.#ready;
    await this.#caughtUp;
  }

  find(id: string): SessionSnapshot | undefined {
    const entry = this.#entries.get(id);
    if (entry !== undefined) return isSubagent(entry) ? undefined : this.#snapshot(entry);
    const expected = this.#expected.get(id);
    return expected && this.#expectedSnapshot(id, expected);
  }

  async refresh(id: string): Promise<SessionSnapshot | undefined> {
    const entry = this.#entries.get(id);
    if (entry !== undefined) {
      await entry.home.holders.refresh();
      await this.#post(entry);
    }
    return this.find(id);
  }

  list(): readonly SessionSnapshot[] {
    const unseen = this.#expected.entries().filter(([id]) => !this.#entries.has(id));
    return [
      ...[...this.#entries.values()]
        .filter((entry) => !isSubagent(entry))
        .map((entry) => this.#snapshot(entry)),
      ...unseen.map(([id, expected]) => this.#expectedSnapshot(id, expected)),
    ];
  }

  expect(agent: string, id: string, contract: LaunchContract): void {
    this.#expected.add(id, { agent, contract, sinceMs: this.clock.nowMs() });
  }

  signal(signals: readonly Signal[]): void {
    for (const signal of signals) {
      const entry = this.#entries.get(signal.sessionId);
      if (entry === undefined) this.#early.keep(signal);
      else if (entry.live === undefined || signal.atMs >= entry.live.atMs) entry.live = signal;
      if (entry !== undefined) void this.#post(entry);
    }
  }

  async #scan(): Promise<void> {
    try {
      await this.#readAll(await this.#list());
    } catch (error) {
      this.#tellFailedScan(error);
    }
  }

  #tellFailedScan(error: unknown): void {
    this.#log.error(`looking for sessions failed: ${messageOf(error)}`);
  }

  /** Lists every home: holders first, since a turn is judged by them. Gives what is to be read, the newest first. */
  async #list(): Promise<readonly Entry[]> {
    await Promise.all(this.#homes.map((home) => home.holders.refresh()));
    const found = await Promise.all(this.#homes.map((home) => this.#listHome(home)));
    this.#forgetUnlisted();
    return found.flat().sort((a, b) => b.session.modifiedMs - a.session.modifiedMs);
  }

  async #listHome(home: Home): Promise<readonly Entry[]> {
    const unread = await home.source.scan();
    for (const session of home.source.sessions()) this.#entryOf(home, session);
    return unread.map((session) => this.#entryOf(home, session));
  }

  /** What its source has let go of: it is gone, archived, or older than what is known at the same time. */
  #forgetUnlisted(): void {
    const listed = new Set(this.#homes.flatMap(({ source }) => [...source.sessions()]));
    for (const [id, { session }] of this.#entries) if (!listed.has(session)) this.#entries.delete(id);
  }

  /** In their order, a few at a time: what is written meanwhile does not wait for all of them. */
  async #readAll(entries: readonly Entry[]): Promise<void> {
    const queue = entries.values();
    const readOn = async (): Promise<void> => {
      for (const entry of queue) await this.#post(entry);
    };
    await Promise.all(Array.from({ length: this.config.monitor.readConcurrency }, readOn));
  }

  #entryOf(home: Home, session: TrackedSession): Entry {
    const known = this.#entries.get(session.id);
    if (known !== undefined && isSameOrNewer(known, home, session)) return known;
    const entry: Entry = { session, home, live: this.#early.take(session.id) };
    this.#entries.set(session.id, entry);
    return entry;
  }

  #post(entry: Entry): Promise<void> {
    const { id } = entry.session;
    return this.#mailboxes.post(id, () =>
      this.#advance(entry).catch((error: unknown) => {
        this.#log.error(`session ${id} could not be looked at: ${messageOf(error)}`);
      }),
    );
  }

  async #advance(entry: Entry): Promise<void> {
    const { session } = entry;
    const startedMs = this.clock.nowMs();
    const before = session.isKnown ? session.view() : undefined;
    const read = await session.advance();
    this.#noteTrouble(entry, read);
    if (read.kind === 'missing') this.#forget(entry);
    if (read.kind !== 'read' || isSubagent(entry)) return;
    this.#expected.settle(session.id, session.view());
    if (before?.lastActivityMs !== session.view().lastActivityMs) entry.goneSinceMs = undefined;
    const snapshot = this.#snapshot(entry);
    entry.judgedAs = snapshot.liveness;
    if (before !== undefined) this.#publishProgress(snapshot, before);
    this.#publishStop(entry, snapshot, { seenMs: startedMs, bytes: read.bytes });
  }

  #forget({ session, home }: Entry): void {
    this.#entries.delete(session.id);
    home.source.forget(session.id);
  }

  #publishProgress(session: SessionSnapshot, before: SessionView): void {
    const { lastPrompt, lastWork } = session.view;
    if (lastPrompt !== undefined && lastPrompt.recordId !== before.lastPrompt?.recordId)
      this.bus.publish({ type: 'session-progressed', session, by: 'prompt' });
    if (lastWork !== undefined && lastWork.recordId !== before.lastWork?.recordId)
      this.bus.publish({ type: 'session-progressed', session, by: 'work' });
  }

  #publishStop(entry: Entry, session: SessionSnapshot, read: { seenMs: number; bytes: number }): void {
    const { stop } = session;
    const name = stop && nameOf(stop);
    if (name === entry.published) return;
    entry.published = name;
    if (stop === undefined) return;
    const trace = traceStop(this.telemetry, session, stop, read);
    this.bus.publish({ type: 'session-stopped', session, stop, trace });
    if (stop.wordingUnknown !== true || entry.wordingToldOf === stop.recordId) return;
    entry.wordingToldOf = stop.recordId;
    this.bus.publish({ type: 'wording-unknown', session, stop });
  }

  /** A process that dies by `kill -9` changes no file, so those that hold sessions are looked at. */
  async #lookAtHolders(): Promise<void> {
    const held = [...this.#entries.values()].filter(isHeld);
    try {
      await Promise.all(homesOf(held).map((home) => home.look()));
      const doubtful = held.filter(isDoubtful);
      await Promise.all(homesOf(doubtful).map(({ holders }) => holders.refresh()));
      for (const entry of doubtful) this.#judgeAgain(entry.session.id);
    } catch (error) {
      this.#log.error(`looking at processes failed: ${messageOf(error)}`);
    }
  }

  #foldersOf(home: Home, pid: number): readonly string[] {
    const held = [...this.#entries.values()].filter(
      (entry) =>
        entry.home === home &&
        isUnfinished(entry) &&
        home.holders.holdingOf(heldBy(entry.session)).pid === pid,
    );
    return [...new Set(held.flatMap(({ session }) => session.view().cwd ?? []))];
  }

  #judgeAgain(id: string): void {
    const entry = this.#entries.get(id);
    if (entry?.session.isKnown === true) void this.#post(entry);
  }

  #snapshot(entry: Entry): SessionSnapshot {
    const view = this.#expected.complete(entry.session.id, entry.session.view());
    return snapshotOf(entry, view, this.#snapshotOptions());
  }

  #expectedSnapshot(id: string, expected: Expected): SessionSnapshot {
    const { agent, contract, sinceMs } = expected;
    const view = viewOf(expected);
    const home = this.#homes.find((each) => each.agent.id === agent && each.layout.home === contract.home);
    const { liveness, pid } = home?.holders.holdingOf({ id, home: contract.home, view }) ?? UNHELD;
    const held = { liveness, ...(pid === undefined ? {} : { pid }) };
    return { id, agent, home: contract.home, view, ...held, sizeBytes: 0, modifiedMs: sinceMs };
  }

  #snapshotOptions(): SnapshotOptions {
    const { livenessS, askGraceS } = this.config.monitor;
    return { nowMs: this.clock.nowMs(), settleMs: livenessS * 1000, askGraceMs: askGraceS * 1000 };
  }

  /** Once per kind of trouble and file: a file that cannot be read stays so for a while. */
  #noteTrouble(entry: Entry, read: Advance): void {
    const trouble = read.kind === 'missing' ? undefined : read.trouble;
    if (trouble !== undefined && trouble !== entry.trouble)
      this.#log.warn(`${entry.session.path}: ${trouble}`);
    entry.trouble = trouble;
  }
}

function homesOf(entries: readonly Entry[]): readonly Home[] {
  return [...new Set(entries.map(({ home }) => home))];
}

/** A stop is told again when it turns out to be another, to lift at another time, or not to mend itself any more. */
function nameOf({ recordId, reason, reset, waitsItself }: Stop): string {
  return [recordId, reason, reset?.atMs, waitsItself].join(' ');
}
