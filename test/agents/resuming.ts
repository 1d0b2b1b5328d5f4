import { join } from 'node:path';
import { afterEach } from '@jest/globals';
import type { AgentHome } from '../support/agent-home.js';
import { ScriptedProvider } from '../support/provider/provider.js';
import { startService } from '../support/service-process.js';
import type { ServiceProcess } from '../support/service-process.js';
import type { EpisodeAnswer, RunAnswer } from './answers.js';
import { endProcessesOf } from './home-processes.js';

const SETTLED = ['saved', 'parked', 'gave_up', 'cancelled'];
const TIMEOUT_MS = 60_000;
/** Limits of seconds, and no waiting besides. */
const QUICK = {
  'resume.margin_structured_s': '1',
  'resume.margin_text_s': '1',
  'resume.backoff_initial_s': '1',
  'resume.live_grace_s': '1',
  'monitor.liveness_s': '1',
};

/** What was done about the session of a folder. */
export interface Outcome {
  id: string;
  episode: EpisodeAnswer;
  /** The oldest first. */
  runs: RunAnswer[];
}

/** One home of an agent and a provider; the built service comes once the session has stopped. */
export class Resuming<Home extends AgentHome> {
  private service: ServiceProcess | undefined;
  /** Undone first. */
  readonly closing: (() => Promise<void>)[] = [];

  private constructor(
    readonly provider: ScriptedProvider,
    readonly home: Home,
  ) {}

  static async open<Home extends AgentHome>(
    createHome: (providerUrl: string) => Promise<Home>,
  ): Promise<Resuming<Home>> {
    const provider = await ScriptedProvider.start();
    return new Resuming(provider, await createHome(provider.url));
  }

  async dispose(): Promise<void> {
    for (const close of this.closing) await close();
    await this.service?.stop();
    await endProcessesOf(this.home.path);
    await this.provider.close();
    await this.home.dispose();
  }

  async serve(settings: Record<string, string> = {}): Promise<ServiceProcess> {
    const stateDir = join(this.home.path, 'state');
    this.service = await startService({ env: this.home.env, stateDir, settings: { ...QUICK, ...settings } });
    return this.service;
  }

  /** Kills the service as a power cut would, and starts it again on the same state. */
  async restart(settings: Record<string, string>): Promise<void> {
    await this.service?.kill('SIGKILL');
    await this.serve(settings);
  }

  get stateDir(): string {
    return join(this.home.path, 'state');
  }

  /** The oldest episode of the home, as soon as it is as wanted. */
  async untilEpisode(wanted: (episode: EpisodeAnswer) => boolean): Promise<Outcome> {
    const service = this.service;
    if (service === undefined) throw new Error('The service is not started');
    const isThere = (answer: unknown) => episodesIn(answer).slice(-1).some(wanted);
    const answer = await service.until('/api/v1/episodes', isThere, TIMEOUT_MS);
    const episode = episodesIn(answer).at(-1);
    if (episode === undefined) throw new Error('There is no episode');
    const id = episode.session_id;
    const { runs } = (await service.get(`/api/v1/sessions/${id}`)) as { runs: RunAnswer[] };
    return { id, episode, runs: runs.toReversed() };
  }

  /** Once nothing more happens by itself. */
  untilSettled(): Promise<Outcome> {
    return this.untilEpisode(({ state }) => SETTLED.includes(state));
  }
}

function episodesIn(answer: unknown): EpisodeAnswer[] {
  return (answer as { episodes: EpisodeAnswer[] }).episodes;
}

/** Opens homes and disposes of them after each test, also of one that failed. */
export function resumings(): <Home extends AgentHome>(
  createHome: (providerUrl: string) => Promise<Home>,
) => Promise<Resuming<Home>> {
  const opened: Resuming<AgentHome>[] = [];
  afterEach(async () => {
    for (const each of opened.splice(0)) await each.dispose();
  });
  return async (createHome) => {
    const world = await Resuming.open(createHome);
    opened.push(world);
    return world;
  };
}
