import { appendFileSync, existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Kysely } from 'kysely';
import { Config } from '../../src/config/config.js';
import { loadSettings } from '../../src/config/load-settings.js';
import type { Episode } from '../../src/core/episode.js';
import { AccountProbe, type AccountAnswer } from '../../src/core/ports/account-probe.js';
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
import { AccountReplan } from '../../src/resume/account-replan.js';
import { AccountsService } from '../../src/resume/accounts.service.js';
import { ControlService } from '../../src/resume/control.service.js';
import { EarlyCheck } from '../../src/resume/early-check.js';
import { EpisodeBook } from '../../src/resume/episode-book.js';
import { EpisodeEngine } from '../../src/resume/episode-engine.js';
import { LeaseKeeper } from '../../src/resume/lease-keeper.js';
import { LiveRuns } from '../../src/resume/live-runs.service.js';
import { LookAhead } from '../../src/resume/look-ahead.js';
import { PolicyGuard } from '../../src/resume/policy-guard.js';
import { ResumeAttempt } from '../../src/resume/resume-attempt.js';
import { ResumeDispatch } from '../../src/resume/resume-dispatch.js';
import { ResumeSpans } from '../../src/resume/resume-spans.js';
import { ResumeVerdict } from '../../src/resume/resume-verdict.js';
import { RunService } from '../../src/resume/run.service.js';
import { SessionTurns } from '../../src/resume/session-turns.js';
import { AccountRepository } from '../../src/store/account.repository.js';
import { HeadlessStrategy } from '../../src/resume/strategies/headless.strategy.js';
import { choose, inOrder, type StrategyCatalog } from '../../src/resume/strategies/strategy-catalog.js';
import { StrategyExecutor } from '../../src/resume/strategies/strategy-executor.js';
import { IN_MEMORY, openDatabase } from '../../src/store/database.js';
import { EpisodeRepository } from '../../src/store/episode.repository.js';
import { HomeLeases } from '../../src/store/home-leases.js';
import { PauseRepository } from '../../src/store/pause.repository.js';
import { RunRepository } from '../../src/store/run.repository.js';
import { SettingRepository } from '../../src/store/setting.repository.js';
import type { Schema } from '../../src/store/schema.js';
import { FakeClock } from './fake-clock.js';
import { Io, type Fault } from './faults.js';

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

  configuredHomes(): readonly string[] {
    return ['/home/.claude'];
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
  readonly #outputs = new Map<number, string>();
  readonly #exits = new Map<number, (exit: ProcessExit) => void>();
  failure: Error | undefined;

  start(
    command: Command,
    { stdoutPath }: { stdoutPath: string },
  ): Promise<{ pid: number; exit: Promise<ProcessExit> }> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const pid = this.started.push(command);
    this.#outputs.set(pid, stdoutPath);
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

  argvOf(): undefined {
    return undefined;
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
    // It has said something: whoever finds only that knows that it ran.
    const output = this.#outputs.get(pid);
    if (output !== undefined && existsSync(dirname(output))) appendFileSync(output, '{}\n');
    this.#exits.get(pid)?.(exit);
    this.#exits.delete(pid);
  }
}

/** Leases as in the agents' homes, which a test only names. */
class LeasesIn extends HomeLeases {
  constructor(
    private readonly dir: string,
    private readonly io: Io,
    ...rest: ConstructorParameters<typeof HomeLeases>
  ) {
    super(...rest);
  }

  protected override pathIn(home: string): string {
    this.io.ask('lease');
    return join(this.dir, `${encodeURIComponent(home)}.leases.db`);
  }
}

/** What accounts answer when they are asked. */
class ScriptedAccountProbe extends AccountProbe {
  readonly asked: string[] = [];
  answer: AccountAnswer | undefined;

  override probe(agent: string): ReturnType<AccountProbe['probe']> {
    this.asked.push(agent);
    return Promise.resolve(this.answer);
  }
}

/** The machine that services run on, and what outlives them. */
class Machine {
  readonly clock = new FakeClock();
  readonly sessions = new ScriptedSessions();
  readonly agent = new ScriptedAgent();
  readonly processes = new ScriptedProcesses();

  constructor(readonly homes: string) {}
}

/** The engine with everything around it scripted but the database and the leases. `restart` is a new service on it. */
export class EngineWorld {
  readonly clock: FakeClock;
  readonly sessions: ScriptedSessions;
  readonly agent: ScriptedAgent;
  readonly processes: ScriptedProcesses;
  readonly accountProbe = new ScriptedAccountProbe();
  readonly episodes: EpisodeRepository;
  readonly runs: RunRepository;
  /** Asked besides the one that starts a process. */
  readonly strategies: Strategy[] = [];
  /** What the service asks for, and the fault that the next one meets. */
  io = new Io(undefined);
  fault: Fault | undefined;
  bus = new LocalEventBus();
  engine: EpisodeEngine;
  readonly probe = new ScriptedProbe();
  early: EarlyCheck | undefined;
  guard: PolicyGuard;
  control: ControlService;
  accounts: AccountsService;
  runService: RunService | undefined;
  book: EpisodeBook;
  leases: LeaseKeeper;
  /** Where the leases of this service lie. */
  homes: string;

  private constructor(
    readonly config: Config,
    private readonly flags: string[],
    private readonly dir: string,
    readonly db: Kysely<Schema>,
    private readonly machine: Machine,
  ) {
    ({ clock: this.clock, sessions: this.sessions, agent: this.agent, processes: this.processes } = machine);
    this.homes = machine.homes;
    this.episodes = new EpisodeRepository(db);
    this.runs = new RunRepository(db);
  }

  static async create(...flags: string[]): Promise<EngineWorld> {
    return EngineWorld.#on(undefined, flags);
  }

  /** A second service with a state of its own on the machine of this one. */
  async beside(...flags: string[]): Promise<EngineWorld> {
    return EngineWorld.#on(this.machine, flags);
  }

  static async #on(machine: Machine | undefined, flags: readonly string[]): Promise<EngineWorld> {
    const dir = await mkdtemp(join(tmpdir(), 'engine-'));
    const db = await openDatabase(IN_MEMORY);
    const changed: string[] = [];
    const load = () => loadSettings({ argv: [...flags, ...changed], env: { HOME: dir }, homeDir: dir });
    const config = new Config(load(), load);
    const world = new EngineWorld(config, changed, dir, db, machine ?? new Machine(dir));
    await world.#start();
    return world;
  }

  /** A service that starts; the one before is gone as by kill -9. */
  async restart(): Promise<void> {
    this.clock.forget();
    this.runService?.onApplicationShutdown();
    this.leases.onApplicationShutdown();
    await this.#start();
  }

  async #start(): Promise<void> {
    const { clock, config } = this;
    this.io = new Io(this.fault);
    const db = this.io.database(this.db);
    const [runs, episodes] = [new RunRepository(db), new EpisodeRepository(db)];
    const processes = this.io.processes(this.processes);
    const sessions = this.io.sessions(this.sessions);
    this.bus = new LocalEventBus();
    const { bus } = this;
    const catalog = { get: () => this.agent, all: () => [this.agent] } as unknown as AgentCatalog;
    const pauses = new PauseRepository(db);
    this.guard = new PolicyGuard(config, clock, runs, bus);
    const accounts = new AccountsService(config, clock, catalog, new AccountRepository(db), episodes);
    this.accounts = accounts;
    const book = new EpisodeBook(config, clock, episodes, runs, bus, this.guard, accounts);
    this.book = book;
    const liveRuns = new LiveRuns(config, clock, sessions, runs, bus);
    const runService = new RunService(config, catalog, clock, processes, runs, bus, liveRuns);
    this.runService = runService;
    const telemetry = new NoTelemetry();
    const spans = new ResumeSpans(telemetry, clock);
    const replan = new AccountReplan(config, clock, episodes, accounts, book);
    const { io } = this;
    const homeLeases = new LeasesIn(this.homes, io, config, clock, new SettingRepository(db));
    const leases = new LeaseKeeper(config, clock, homeLeases);
    this.leases = leases;
    const turns = new SessionTurns();
    const all = inOrder([...this.strategies, new HeadlessStrategy(config, catalog, new Orphans())]);
    const strategies = {
      all: () => all,
      choose: (attempt: Attempt) => choose(all, attempt),
    } as unknown as StrategyCatalog;
    const executor = new StrategyExecutor(
      ...([catalog, clock, sessions, runs, runService, liveRuns, book, spans, strategies, leases] as const),
    );
    const lookAhead = new LookAhead(config, catalog, sessions, this.probe);
    this.early?.beforeApplicationShutdown().catch(() => undefined);
    this.early = new EarlyCheck(config, clock, bus, sessions, episodes, lookAhead);
    this.early.onApplicationBootstrap();
    const attempt = new ResumeAttempt(
      ...([config, clock, sessions, episodes, runs, book, executor, this.guard] as const),
      ...([lookAhead, leases, this.accountProbe, replan] as const),
    );
    const verdicts = new ResumeVerdict(...([config, clock, episodes, book, spans, replan, leases] as const));
    const dispatch = new ResumeDispatch(
      ...([config, clock, episodes, runs, pauses, accounts, book, attempt, turns, this.guard] as const),
    );
    this.engine = new EpisodeEngine(
      ...([config, clock, bus, sessions, episodes, runs, pauses, book, runService] as const),
      ...([spans, telemetry, turns, dispatch, accounts, replan, leases, verdicts] as const),
    );
    this.control = new ControlService(
      ...([clock, bus, sessions, episodes, runs, runService, book, this.engine] as const),
      ...([turns, strategies] as const),
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

  /** Those whose process was started, in order. */
  resumed(): readonly (string | undefined)[] {
    return this.processes.started.map(({ args }) => args[1]);
  }

  async trail(): Promise<readonly string[]> {
    return (await this.episodes.audit((await this.only()).id)).map(({ to }) => to);
  }

  async dispose(): Promise<void> {
    await this.engine.beforeApplicationShutdown();
    await this.early?.beforeApplicationShutdown();
    this.runService?.onApplicationShutdown();
    this.leases.onApplicationShutdown();
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
