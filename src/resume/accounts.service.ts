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
  learn,
  newAccount,
  opensAtMs,
  standing,
  windowOf,
  type Account,
  type AccountWindow,
  type Admission,
  type Flow,
  type GateContext,
} from '../core/account.js';
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

type Place = Readonly<{ agent: string; home: string }>;

/** What an account's sessions share, kept in memory and stored with each change. */
@Injectable()
export class AccountsService {
  readonly #log = new Logger('Accounts');
  readonly #known = new Map<string, Account>();

  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
    private readonly agents: AgentCatalog,
    private readonly accounts: AccountRepository,
    private readonly episodes: EpisodeRepository,
  ) {}

  /** Takes up what was stored, and the places of sessions that are held. Call once, before anything else. */
  async load(places: readonly Place[]): Promise<void> {
    for (const account of await this.accounts.all()) this.#known.set(account.id, account);
    for (const place of places) this.of(place);
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
  async refused(place: Place, stop: Stop, startedAtMs?: EpochMs): Promise<AccountWindow | undefined> {
    if (!isShared(stop.reason)) return undefined;
    const account = this.of(place);
    const context = this.#context();
    const seen = windowOf(stop, context.nowMs);
    const windows =
      seen === undefined
        ? standing(account.windows, context.nowMs)
        : learn(account.windows, seen, context.nowMs);
    const isNewWindow = seen !== undefined && windows.includes(seen);
    const gate = afterRefusal(account.gate, { stop, startedAtMs, isNewWindow }, context);
    await this.#store(account, { ...account, windows, gate });
    return isNewWindow ? seen : undefined;
  }

  /** A resume of the account that began then shows new work. */
  async worked(place: Place, startedAtMs: EpochMs): Promise<void> {
    const account = this.of(place);
    const gate = afterProgress(account.gate, startedAtMs, this.#context());
    await this.#store(account, { ...account, gate });
  }

  /** Somebody else's session of the account works: no resume has to show any more what that shows. */
  async workedElsewhere(place: Place, workMs: EpochMs): Promise<void> {
    const account = this.of(place);
    const context = this.#context();
    if (standing(account.windows, context.nowMs).length > 0) return;
    await this.#store(account, { ...account, gate: afterProgress(account.gate, workMs, context) });
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
