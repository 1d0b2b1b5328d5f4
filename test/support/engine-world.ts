import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import { Config } from '../../src/config/config.js';
import { loadSettings } from '../../src/config/load-settings.js';
import type { Episode } from '../../src/core/episode.js';
import { Agent, RunFold, type LoginSigns } from '../../src/core/ports/agent.js';
import { NoTelemetry } from '../../src/core/ports/telemetry.js';
import { LocalProbe, type ProgramState } from '../../src/core/ports/local-probe.js';
import { ProcessHost, type Command, type ProcessExit } from '../../src/core/ports/process-host.js';
import { SessionDirectory } from '../../src/core/ports/session-directory.js';
import type { Attempt, Strategy } from '../../src/core/ports/strategy.js';
import type { RunOutcome } from '../../src/core/run.js';
import type { SessionSnapshot } from '../../src/core/session.js';
import { type AgentCatalog } from '../../src/agents/agent-catalog.js';
import { LocalEventBus } from '../../src/platform/local-event-bus.js';
import { Orphans } from '../../src/platform/orphans.js';
import { ControlService } from '../../src/resume/control.service.js';
import { EarlyCheck } from '../../src/resume/early-check.js';
import { EpisodeBook } from '../../src/resume/episode-book.js';
import { EpisodeEngine } from '../../src/resume/episode-engine.js';
import { LiveRuns } from '../../src/resume/live-runs.service.js';
import { LookAhead } from '../../src/resume/look-ahead.js';
import { PolicyGuard } from '../../src/resume/policy-guard.js';
import { ResumeAttempt } from '../../src/resume/resume-attempt.js';
import { ResumeSpans } from '../../src/resume/resume-spans.js';
import { RunService } from '../../src/resume/run.service.js';
import { SessionTurns } from '../../src/resume/session-turns.js';
import { HeadlessStrategy } from '../../src/resume/strategies/headless.strategy.js';
import { choose, inOrder, type StrategyCatalog } from '../../src/resume/strategies/strategy-catalog.js';
import { StrategyExecutor } from '../../src/resume/strategies/strategy-executor.js';
import { IN_MEMORY, openDatabase } from '../../src/store/database.js';
import { EpisodeRepository } from '../../src/store/episode.repository.js';
import { PauseRepository } from '../../src/store/pause.repository.js';
import { RunRepository } from '../../src/store/run.repository.js';
import type { Schema } from '../../src/store/schema.js';
import { FakeClock } from './fake-clock.js';

/** Sessions that are what a test says they are. */
export class ScriptedSessions extends SessionDirectory {
  readonly known = new Map<string, SessionSnapshot>();

  find(id: string): SessionSnapshot | undefined {
    return this.known.get(id);
  }

  refresh(id: string): Promise<SessionSnapshot | undefined> {
    return Promise.resolve(this.known.get(id));
  }

  list(): readonly SessionSnapshot[] {
    return [...this.known.values()];
  }

  expect(): void {
    // the test says what is known
  }

  signal(): void {
    // the test says what is known
  }

  whenReady(): Promise<void> {
    return Promise.resolve();
  }

  whenCaughtUp(): Promise<void> {
    return Promise.resolve();
  }
}

/** An agent whose runs end as a test says. */
export class ScriptedAgent extends Agent {
  readonly id = 'claude-code';
  readonly takesSessionId = true;
  signs: LoginSigns | undefined;
  outcome: RunOutcome = { result: 'ok', deniedTools: [] };

  configuredHomes(): [] {
    return [];
  }

  override loginSigns(): LoginSigns | undefined {
    return this.signs;
  }

  layoutOf(): never {
    throw new Error('this agent has no homes');
  }

  ownerOf(): undefined {
    return undefined;
  }

  newTranscript(): never {
    throw new Error('the sessions of this test are scripted');
  }

  classify(): never {
    throw new Error('nothing is classified here');
  }

  newRun(): RunFold {
    const outcome = (): RunOutcome => this.outcome;
    return new (class extends RunFold {
      accept(): void {
        // the test says how it ends
      }

      sessionId(): undefined {
        return undefined;
      }

      outcome(): RunOutcome {
        return outcome();
      }
    })();
  }

  launch(sessionId: string): Command {
    return { file: 'agent', args: ['launch', sessionId], cwd: '/', env: {}, stdin: '' };
  }

  resume(sessionId: string): Command {
    return { file: 'agent', args: ['resume', sessionId], cwd: '/', env: {}, stdin: '' };
  }
}

/** A machine on which nothing is in the way, but for what a test says. */
export class ScriptedProbe extends LocalProbe {
  readonly missing = new Set<string>();
  readonly texts = new Map<string, string>();
  readonly variables = new Set<string>();
  freeMb = 100_000;
  failure: string | undefined;

  isFolder(path: string): Promise<boolean> {
    return Promise.resolve(!this.missing.has(path));
  }

  textOf(path: string): Promise<string | undefined> {
    return Promise.resolve(this.texts.get(path));
  }

  freeBytes(): Promise<number> {
    return Promise.resolve(this.freeMb * 1_000_000);
  }

  isSet(variable: string): boolean {
    return this.variables.has(variable);
  }

  findProgram(command: string): Promise<ProgramState> {
    return Promise.resolve(
      this.missing.has(command) ? { kind: 'missing' } : { kind: 'found', path: command },
    );
  }

  async tryProgram(command: string): Promise<ProgramState> {
    const state = await this.findProgram(command);
    return state.kind === 'found' && this.failure !== undefined
      ? { kind: 'fails', path: command, why: this.failure }
      : state;
  }
}

/** Processes that live and end as a test says. They outlive the service, as real ones do. */
export class ScriptedProcesses extends ProcessHost {
  readonly started: Command[] = [];
  readonly signals: string[] = [];
  readonly #exits = new Map<number, (exit: ProcessExit) => void>();
  failure: Error | undefined;

  start(command: Command): Promise<{ pid: number; exit: Promise<ProcessExit> }> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const pid = this.started.push(command);
    return Promise.resolve({ pid, exit: new Promise((resolve) => this.#exits.set(pid, resolve)) });
  }

  isAlive({ pid }: { pid: number }): boolean {
    return this.#exits.has(pid);
  }

  findByEnv(name: string, value: string): { pid: number } | undefined {
    const index = this.started.findIndex(({ env }) => env[name] === value);
    return index !== -1 && this.#exits.has(index + 1) ? { pid: index + 1 } : undefined;
  }

  signalGroup(_process: { pid: number }, signal: string): void {
    this.signals.push(signal);
  }

  list(): Promise<[]> {
    return Promise.resolve([]);
  }

  envOf(): undefined {
    return undefined;
  }

  lockHolders(): Promise<ReadonlyMap<string, number>> {
    return Promise.resolve(new Map());
  }

  listeningPorts(): Promise<[]> {
    return Promise.resolve([]);
  }

  end(pid: number, exit: ProcessExit = { code: 0 }): void {
    this.#exits.get(pid)?.(exit);
    this.#exits.delete(pid);
  }
}

/** The engine with everything around it scripted but the database. `restart` is a new service on it. */
export class EngineWorld {
  readonly clock = new FakeClock();
  readonly sessions = new ScriptedSessions();
  readonly agent = new ScriptedAgent();
  readonly processes = new ScriptedProcesses();
  /** Asked besides the one that starts a process. */
  readonly strategies: Strategy[] = [];
  bus = new LocalEventBus();
  engine: EpisodeEngine;
  readonly probe = new ScriptedProbe();
  early: EarlyCheck | undefined;
  guard: PolicyGuard;
  control: ControlService;
  runService: RunService | undefined;

  private constructor(
    readonly config: Config,
    private readonly flags: string[],
    private readonly dir: string,
    readonly db: Kysely<Schema>,
    readonly episodes: EpisodeRepository,
    readonly runs: RunRepository,
  ) {}

  static async create(...flags: string[]): Promise<EngineWorld> {
    const dir = await mkdtemp(join(tmpdir(), 'engine-'));
    const db = await openDatabase(IN_MEMORY);
    const changed: string[] = [];
    const load = () => loadSettings({ argv: [...flags, ...changed], env: { HOME: dir }, homeDir: dir });
    const world = new EngineWorld(
      new Config(load(), load),
      changed,
      dir,
      db,
      new EpisodeRepository(db),
      new RunRepository(db),
    );
    await world.restart();
    return world;
  }

  /** A service that starts; the one before is gone as by kill -9. */
  async restart(): Promise<void> {
    const { clock, config, processes, runs, episodes, sessions } = this;
    clock.forget();
    this.runService?.onApplicationShutdown();
    this.bus = new LocalEventBus();
    const { bus } = this;
    const catalog = { get: () => this.agent } as unknown as AgentCatalog;
    this.guard = new PolicyGuard(config, clock, runs, bus);
    const book = new EpisodeBook(config, clock, episodes, runs, bus, this.guard);
    const liveRuns = new LiveRuns(config, clock, sessions, runs, bus);
    const runService = new RunService(config, catalog, clock, processes, runs, bus, liveRuns);
    this.runService = runService;
    const telemetry = new NoTelemetry();
    const spans = new ResumeSpans(telemetry, clock);
    const all = inOrder([...this.strategies, new HeadlessStrategy(config, catalog, new Orphans())]);
    const strategies = {
      all: () => all,
      choose: (attempt: Attempt) => choose(all, attempt),
    } as unknown as StrategyCatalog;
    const executor = new StrategyExecutor(
      catalog,
      clock,
      sessions,
      runs,
      runService,
      liveRuns,
      book,
      spans,
      strategies,
    );
    const turns = new SessionTurns();
    const lookAhead = new LookAhead(config, catalog, sessions, this.probe);
    this.early?.beforeApplicationShutdown().catch(() => undefined);
    this.early = new EarlyCheck(config, clock, bus, sessions, episodes, lookAhead);
    this.early.onApplicationBootstrap();
    const attempt = new ResumeAttempt(
      config,
      clock,
      sessions,
      episodes,
      runs,
      book,
      executor,
      this.guard,
      lookAhead,
    );
    const pauses = new PauseRepository(this.db);
    this.engine = new EpisodeEngine(
      config,
      clock,
      bus,
      sessions,
      episodes,
      runs,
      pauses,
      book,
      runService,
      attempt,
      spans,
      telemetry,
      turns,
      this.guard,
    );
    this.control = new ControlService(
      clock,
      bus,
      sessions,
      episodes,
      runs,
      runService,
      book,
      this.engine,
      this.guard,
      turns,
      strategies,
    );
    this.engine.onModuleInit();
    this.engine.onApplicationBootstrap();
    await this.settle();
  }

  /** The settings are these from now on, besides those the world was made with. */
  async reload(...flags: string[]): Promise<void> {
    this.flags.splice(0, Infinity, ...flags);
    this.config.reload();
    await this.settle();
  }

  /** The monitor sees this stop. */
  async stopped(session: SessionSnapshot): Promise<void> {
    this.sessions.known.set(session.id, session);
    if (session.stop !== undefined)
      this.bus.publish({ type: 'session-stopped', session, stop: session.stop });
    await this.settle();
  }

  async progressed(session: SessionSnapshot, by: 'prompt' | 'work'): Promise<void> {
    this.sessions.known.set(session.id, session);
    this.bus.publish({ type: 'session-progressed', session, by });
    await this.settle();
  }

  async passes(ms: number): Promise<void> {
    await this.clock.advance(ms, () => this.settle());
    await this.settle();
  }

  async ends(pid: number, outcome: RunOutcome): Promise<void> {
    this.agent.outcome = outcome;
    this.processes.end(pid);
    await this.settle();
  }

  async only(): Promise<Episode> {
    const all = await this.episodes.list({ limit: 10 });
    if (all.length !== 1 || all[0] === undefined) throw new Error(`${all.length} episodes instead of one`);
    return all[0];
  }

  async trail(): Promise<readonly string[]> {
    return (await this.episodes.audit((await this.only()).id)).map(({ to }) => to);
  }

  async dispose(): Promise<void> {
    await this.engine.beforeApplicationShutdown();
    await this.early?.beforeApplicationShutdown();
    this.runService?.onApplicationShutdown();
    await this.db.destroy();
    await rm(this.dir, { recursive: true, force: true });
  }

  /** Everything asked for so far is done: the engine's turns, and the file work of ended runs. */
  async settle(): Promise<void> {
    for (let round = 0; round < 3; round += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      await this.runService?.whenIdle();
      await this.early?.whenIdle();
      await this.engine.whenIdle();
    }
  }
}
