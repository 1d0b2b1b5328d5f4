import { Injectable, Logger } from '@nestjs/common';
import { AgentCatalog } from '../agents/agent-catalog.js';
import { Config } from '../config/config.js';
import { accountIdOf, isShared } from '../core/account-id.js';
import {
  admitOwn,
  admitShared,
  afterProgress,
  afterRefusal,
  availability,
  newAccount,
  opensAtMs,
  type Account,
  type Admission,
  type Flow,
  type Gate,
  type GateContext,
} from '../core/account.js';
import {
  afterWork,
  bindingWindow,
  isItsOwn,
  learn,
  providerOf,
  standing,
  windowOf,
  type AccountWindow,
} from '../core/account-window.js';
import type { Episode } from '../core/episode.js';
import { Clock } from '../core/ports/clock.js';
import type { EpochMs, Stop } from '../core/stop.js';
import { AccountRepository } from '../store/account.repository.js';
import { EpisodeRepository } from '../store/episode.repository.js';
import { gatePolicyOf, policyOf } from './resume-policy.js';

/** What somebody who wants to dispatch work has to know of an account. */
export type AccountStatus = Account &
  Readonly<{
    /** Whether work can be dispatched now; if not, when, as far as that is known. */
    available: boolean;
    availableAtMs: EpochMs | undefined;
    why: string;
    running: number;
    waiting: number;
  }>;

export type Place = Readonly<{ agent: string; home: string }>;

/** What works, and with which model, where that is known. */
export type Worker = Readonly<{ place: Place; model: string | undefined }>;

/** How long an answer may be under way that was begun before a limit: agents give one up after that (Claude Code 2.1.197). */
const IN_FLIGHT_MS = 300_000;

/** What an account's sessions share, kept in memory and stored with each change. */
@Injectable()
export class AccountsService {
  readonly #log = new Logger('Accounts');
  readonly #known = new Map<string, Account>();
  /** When the sessions of an account last worked with a provider: a limit that was met well before is over. */
  readonly #lastWorkMs = new Map<string, EpochMs>();
  #loading: Promise<void> | undefined;

  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
    private readonly agents: AgentCatalog,
    private readonly accounts: AccountRepository,
    private readonly episodes: EpisodeRepository,
  ) {}

  /** Takes up what was stored, once, and the places of sessions that are held. */
  async load(places: readonly Place[]): Promise<void> {
    await this.#load();
    for (const place of places) this.of(place);
  }

  #load(): Promise<void> {
    this.#loading ??= this.accounts.all().then((stored) => {
      for (const account of stored) this.#known.set(account.id, account);
    });
    return this.#loading;
  }

  /** All that met a limit, and those of the homes that are watched. */
  all(): readonly Account[] {
    for (const agent of this.agents.all())
      for (const home of agent.configuredHomes()) this.of({ agent: agent.id, home });
    return [...this.#known.values()];
  }

  of({ agent, home }: Place): Account {
    const id = accountIdOf(agent, home);
    const known = this.#known.get(id) ?? newAccount(id, agent, home);
    this.#known.set(id, known);
    return known;
  }

  /**
   * A session of the account was stopped. Gives the window it tells of, where that is news: what waits for an earlier
   * word has to be planned anew. `startedAtMs`: when our resume began that was stopped so.
   */
  async refused(
    { place, model }: Worker,
    stop: Stop,
    startedAtMs?: EpochMs,
  ): Promise<AccountWindow | undefined> {
    if (!isShared(stop.reason)) return undefined;
    await this.#load();
    const account = this.of(place);
    const context = this.#context();
    const told = windowOf(stop, model, context.nowMs);
    const seen = told !== undefined && this.#isRefuted(account, told, model) ? undefined : told;
    const windows =
      seen === undefined
        ? standing(account.windows, context.nowMs)
        : learn(account.windows, seen, context.nowMs);
    const isNewWindow = seen !== undefined && windows.includes(seen);
    const gate = afterRefusal(account.gate, { stop, startedAtMs, isNewWindow }, context);
    await this.#store(account, { ...account, windows, gate });
    return isNewWindow ? seen : undefined;
  }

  /** A resume of the account that began then shows new work. Gives the windows that, as that shows, have lifted. */
  async worked({ place, model }: Worker, startedAtMs: EpochMs): Promise<readonly AccountWindow[]> {
    await this.#load();
    const account = this.of(place);
    const gate = afterProgress(account.gate, startedAtMs, this.#context());
    return this.#lift(account, afterWork(account.windows, startedAtMs, model), gate);
  }

  /** Somebody else's session of the account works: no resume has to show any more what that shows. The same. */
  async workedElsewhere({ place, model }: Worker, workMs: EpochMs): Promise<readonly AccountWindow[]> {
    await this.#load();
    const account = this.of(place);
    const context = this.#context();
    const key = workKey(account, model);
    this.#lastWorkMs.set(key, Math.max(workMs, this.#lastWorkMs.get(key) ?? workMs));
    const left = afterWork(standing(account.windows, context.nowMs), workMs - IN_FLIGHT_MS, model);
    // What may have been answered before the limit shows nothing.
    const isHeld = afterWork(left, Infinity, model) !== left;
    return this.#lift(account, left, isHeld ? account.gate : afterProgress(account.gate, workMs, context));
  }

  #isRefuted(account: Account, window: AccountWindow, model: string | undefined): boolean {
    const workMs = this.#lastWorkMs.get(workKey(account, model));
    return workMs !== undefined && afterWork([window], workMs - IN_FLIGHT_MS, model).length === 0;
  }

  async #lift(
    account: Account,
    left: readonly AccountWindow[],
    gate: Gate,
  ): Promise<readonly AccountWindow[]> {
    const before = standing(account.windows, this.clock.nowMs());
    const lifted = before.filter((window) => !left.includes(window));
    const windows = lifted.length === 0 ? account.windows : left;
    await this.#store(account, { ...account, windows, gate });
    return lifted;
  }

  /** What an episode of the account has to wait for besides its own reset, or for want of one. */
  async windowFor({ agent, contract, stop }: Episode): Promise<AccountWindow | undefined> {
    if (contract === undefined) return undefined;
    await this.#load();
    const held = { stop, contract };
    const windows = this.of({ agent, home: contract.home }).windows.filter(
      (window) => stop.reset === undefined || !isItsOwn(window, held),
    );
    return bindingWindow(windows, held, this.clock.nowMs());
  }

  /** Whether an episode of the account may be resumed now; says nothing to the account yet. */
  ask(account: Account, { stop }: Episode, flow: Flow): Admission {
    return (isShared(stop.reason) ? admitShared : admitOwn)(account, flow, this.#context());
  }

  /** An admission is made use of. */
  async admitted(account: Account, { gate }: Extract<Admission, { admit: true }>): Promise<void> {
    await this.#store(account, { ...account, gate });
  }

  /** When a gate of one of these accounts lets somebody through by itself. */
  nextOpenMs(accounts: readonly Account[]): EpochMs | undefined {
    const instants = accounts.map(({ gate }) => opensAtMs(gate)).filter((atMs) => atMs !== undefined);
    return instants.length === 0 ? undefined : Math.min(...instants);
  }

  /** Every account, whether it met a limit or not. */
  async list(): Promise<readonly AccountStatus[]> {
    const counts = await this.episodes.counts();
    const nowMs = this.clock.nowMs();
    return this.all().map((account) => {
      const count = (...states: readonly string[]): number =>
        counts
          .filter((one) => one.account === account.id && states.includes(one.state))
          .reduce((sum, one) => sum + one.count, 0);
      const [running, waiting] = [count('resuming', 'verifying'), count('waiting', 'gated')];
      const isAwaited = running + waiting > 0;
      return {
        ...account,
        windows: standing(account.windows, nowMs),
        ...availability(account, isAwaited, nowMs, policyOf(this.config)),
        running,
        waiting,
      };
    });
  }

  async find(id: string): Promise<AccountStatus | undefined> {
    return (await this.list()).find((account) => account.id === id);
  }

  #context(): GateContext {
    return { nowMs: this.clock.nowMs(), random: Math.random(), policy: gatePolicyOf(this.config) };
  }

  async #store(before: Account, after: Account): Promise<void> {
    if (after.gate === before.gate && after.windows === before.windows) return;
    if (after.gate.kind !== before.gate.kind)
      this.#log.log(`${after.id}: ${before.gate.kind} → ${after.gate.kind}`);
    await this.accounts.save(after);
    this.#known.set(after.id, after);
  }
}

function workKey({ id }: Account, model: string | undefined): string {
  return `${id} ${providerOf(model) ?? ''}`;
}
