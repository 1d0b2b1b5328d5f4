import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import type { AgentHome } from '../support/agent-home.js';
import { ScriptedProvider } from '../support/provider/provider.js';
import { startService } from '../support/service-process.js';
import type { ServiceProcess } from '../support/service-process.js';
import { until } from '../support/until.js';
import type { EpisodeAnswer } from './answers.js';
import { endProcessesOf } from './home-processes.js';

const SEEN_WITHIN_MS = 20_000;
const POLL_MS = 100;
/** Longer than what changes by itself after a start would take to. */
const SETTLED_S = 5;
const SETTINGS = { 'resume.enabled': 'false', 'monitor.liveness_s': '1', 'monitor.ask_grace_s': '1' };
const ALL = '/api/v1/sessions?limit=100';

/** The fields of a session that these tests read. */
export interface SeenSession {
  id: string;
  state: string;
  cwd: string | null;
  liveness: string;
  pid: number | null;
  stop: SeenStop | null;
}

interface SeenStop {
  reason: string;
  confidence: number;
  window: string | null;
  reset: { at: string; source: string } | null;
  waits_itself: boolean;
  at: string;
}

/** A stop as it is to be seen; what is left out is not stated, or not so. */
export interface Expected {
  reason: string;
  liveness: 'alive' | 'dead' | 'absent';
  pid?: number;
  window?: string;
  reset?: { at: string; source: string } | undefined;
  waitsItself?: true;
  /** What may be seen on the way there, or may not. */
  passing?: string;
}

/**
 * The built service beside one home of an agent, watching only, for all scenarios of a file. It is asked all the time:
 * what it says of a session even for a moment counts.
 */
export class Watching<Home extends AgentHome> {
  #folders = 0;
  #isOver = false;
  #polling: Promise<void> = Promise.resolve();
  #sessions: SeenSession[] = [];
  /** Every reason that was seen of a session, by its folder, the oldest first. */
  readonly #seen = new Map<string, string[]>();
  readonly #expected = new Map<string, string[]>();
  readonly #passing = new Map<string, string>();

  private constructor(
    readonly provider: ScriptedProvider,
    readonly home: Home,
    private service: ServiceProcess,
  ) {
    this.#polling = this.#poll();
  }

  static async start<Home extends AgentHome>(
    createHome: (providerUrl: string) => Promise<Home>,
  ): Promise<Watching<Home>> {
    const provider = await ScriptedProvider.start();
    const home = await createHome(provider.url);
    return new Watching(provider, home, await serve(home));
  }

  async dispose(): Promise<void> {
    this.#isOver = true;
    await this.#polling;
    await this.service.stop();
    await endProcessesOf(this.home.path);
    await this.provider.close();
    await this.home.dispose();
  }

  /** A project folder of its own for each scenario, by which its session is found. */
  async newFolder(): Promise<string> {
    this.#folders += 1;
    const cwd = join(this.home.cwd, `scenario-${this.#folders}`);
    await mkdir(cwd);
    return cwd;
  }

  /** The only session of a folder once it is as wanted. Asking for all does not make the service look at one. */
  async untilSession(cwd: string, wanted: (session: SeenSession) => boolean): Promise<SeenSession> {
    const check = async () => {
      const [session, ...others] = this.#sessions.filter((each) => each.cwd === cwd);
      if (others.length > 0) throw new Error(`${others.length + 1} sessions of ${cwd}`);
      return session && wanted(session) ? session : undefined;
    };
    const failure = () => `${cwd} is not seen as wanted: ${JSON.stringify(this.#sessions, null, 1)}`;
    return until(check, { timeoutMs: SEEN_WITHIN_MS, failure });
  }

  /** The session is at work, or seems to be, in a process that lives. */
  async expectAtWork(cwd: string): Promise<SeenSession> {
    const session = await this.untilSession(cwd, ({ liveness }) => liveness === 'alive');
    expect(session).toMatchObject({ stop: null, state: 'working' });
    return session;
  }

  /** That stop is seen, nothing else was seen since the stop before it, and it is one episode. */
  async expectStop(cwd: string, expected: Expected): Promise<SeenSession> {
    const { reason, liveness, pid = null, reset = null, window = null, waitsItself = false } = expected;
    // A source that is slower than the others may be the one that names the reset.
    const isIt = ({ stop, liveness: seen }: SeenSession) =>
      stop?.reason === reason && seen === liveness && stop.reset?.source === reset?.source;
    const session = await this.untilSession(cwd, isIt);
    expect(session).toMatchObject({ stop: { reason, window, reset, waits_itself: waitsItself } });
    if (liveness !== 'alive' || pid !== null) expect(session.pid).toBe(pid);
    const reasons = [...(this.#expected.get(cwd) ?? []), reason];
    this.#expected.set(cwd, reasons);
    if (expected.passing !== undefined) this.#passing.set(cwd, expected.passing);
    expect(this.#withoutPassing(cwd, this.#seen.get(cwd) ?? [])).toEqual(reasons);
    await this.#expectEpisodes(session, reasons);
    return session;
  }

  /** The stop turns out to be another: its episode is about that one then, and no other is opened. */
  async expectRevision(cwd: string, reason: string): Promise<void> {
    const session = await this.untilSession(cwd, ({ stop }) => stop?.reason === reason);
    const reasons = [...(this.#expected.get(cwd) ?? []).slice(0, -1), reason];
    this.#expected.set(cwd, reasons);
    await this.#expectEpisodes(session, reasons);
  }

  /** A new start sees the same of all sessions and opens nothing again: no end becomes another, least of all a crash. */
  async expectTheSameAfterRestart(): Promise<void> {
    const before = lastStops(this.#sessions);
    await this.service.stop();
    this.service = await serve(this.home);
    await this.service.until('/api/v1/status', (status) => uptimeOf(status) > SETTLED_S);
    const sessions = sessionsIn(await this.service.get(ALL));
    expect(lastStops(sessions)).toEqual(before);
    for (const session of sessions) {
      const reasons = this.#expected.get(session.cwd ?? '') ?? [];
      await this.#expectEpisodes(session, reasons);
    }
  }

  /** Nothing is to be done about what was completed: it opens none. */
  async #expectEpisodes({ id, cwd }: SeenSession, reasons: string[]): Promise<void> {
    const wanted = reasons.filter((reason) => reason !== 'completed');
    const reasonsIn = (answer: unknown) =>
      this.#withoutPassing(
        cwd ?? '',
        episodesIn(answer).map(({ stop }) => stop.reason),
      );
    const path = `/api/v1/episodes?session_id=${id}`;
    const answer = await this.service.until(path, (found) => {
      const reasonsNow = reasonsIn(found);
      return reasonsNow.length > wanted.length || reasonsNow.toReversed().join() === wanted.join();
    });
    expect(reasonsIn(answer).toReversed()).toEqual(wanted);
  }

  #withoutPassing(cwd: string, reasons: string[]): string[] {
    return reasons.filter((reason) => reason !== this.#passing.get(cwd));
  }

  async #poll(): Promise<void> {
    while (!this.#isOver) {
      // While it starts anew it does not answer.
      const answer = await this.service.get(ALL).catch(() => undefined);
      if (answer !== undefined) this.#note(sessionsIn(answer));
      await sleep(POLL_MS);
    }
  }

  #note(sessions: SeenSession[]): void {
    this.#sessions = sessions;
    for (const { cwd, stop } of sessions) {
      const seen = this.#seen.get(cwd ?? '') ?? [];
      if (stop !== null && stop.reason !== seen.at(-1)) this.#seen.set(cwd ?? '', [...seen, stop.reason]);
    }
  }
}

function serve(home: AgentHome): Promise<ServiceProcess> {
  return startService({ env: home.env, stateDir: join(home.path, 'state'), settings: SETTINGS });
}

function sessionsIn(answer: unknown): SeenSession[] {
  return (answer as { sessions: SeenSession[] }).sessions;
}

function episodesIn(answer: unknown): EpisodeAnswer[] {
  return (answer as { episodes: EpisodeAnswer[] }).episodes;
}

function uptimeOf(status: unknown): number {
  return (status as { uptime_s: number }).uptime_s;
}

function lastStops(sessions: SeenSession[]): Record<string, string | undefined> {
  const reasons = sessions.map(({ cwd, stop }) => [cwd ?? '', stop?.reason] as const);
  return Object.fromEntries(reasons);
}
