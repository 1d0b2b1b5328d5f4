import { Injectable } from '@nestjs/common';
import { AgentCatalog } from '../../agents/agent-catalog.js';
import { Config } from '../../config/config.js';
import type { AgentServer, ServerPost } from '../../core/ports/agent.js';
import { Clock } from '../../core/ports/clock.js';
import { ProcessHost } from '../../core/ports/process-host.js';
import { isFull, no, Strategy, type Attempt, type Fit, type Work } from '../../core/ports/strategy.js';
import { isSoon } from './is-soon.js';
import { ResumeStrategy } from './resume-strategy.decorator.js';

const COMPACTS_WITHIN_MS = 3000;

type Place = Readonly<{ server: AgentServer; url: string; headers: Readonly<Record<string, string>> }>;

/** Tells a session through the HTTP server of the process that holds it. */
@ResumeStrategy()
@Injectable()
export class ServerStrategy extends Strategy {
  readonly id = 'server';
  readonly rank = 10;
  readonly kind = 'same-session';
  readonly throughHolder = true;

  constructor(
    private readonly config: Config,
    private readonly agents: AgentCatalog,
    private readonly clock: Clock,
    private readonly processes: ProcessHost,
  ) {
    super();
  }

  async fit(attempt: Attempt): Promise<Fit> {
    const { session } = attempt;
    if (session.liveness !== 'alive') return no('no live process holds the session');
    if (isFull(attempt) && this.wasTaken(attempt))
      return no('the context stayed full when it was compacted there');
    const place = await this.#find(attempt);
    if (place === undefined) return no('its process has no server that says it is at rest');
    const first = isFull(attempt) ? ', where it is compacted first' : '';
    return {
      applies: true,
      why: `process ${session.pid} holds the session and takes it by its server${first}`,
    };
  }

  async prepare(attempt: Attempt): Promise<Work> {
    const place = await this.#find(attempt);
    if (place === undefined) throw new Error('the server of the process that holds the session is gone');
    return { kind: 'live', act: () => this.#tell(place, attempt), halt: () => this.#halt(place, attempt) };
  }

  async #halt(place: Place, { episode, contract }: Attempt): Promise<void> {
    await this.#post(place, place.server.abort(episode.sessionId, contract.cwd), this.#timeoutMs);
  }

  async #tell(place: Place, attempt: Attempt): Promise<void> {
    const { episode, contract } = attempt;
    if (isFull(attempt)) await this.#compact(place, attempt);
    const prompt = place.server.prompt(episode.sessionId, contract.cwd, this.config.resume.prompt);
    const status = await this.#post(place, prompt, this.#timeoutMs);
    if (status >= 400) throw new Error(`the server of ${episode.agent} answers ${status}`);
  }

  /** Begins it: the answer comes when it is done, and whether it helped shows when the session goes on. */
  async #compact(place: Place, attempt: Attempt): Promise<void> {
    const { episode, contract } = attempt;
    const compact = place.server.compact?.(episode.sessionId, contract);
    if (compact === undefined) throw new Error(`the server of ${episode.agent} is not known to compact this`);
    this.#post(place, compact, this.config.resume.progressTimeoutS * 1000).catch(() => undefined);
    const isAtWork = () => this.#isAtRest(place, attempt).then((isAtRest) => !isAtRest);
    await isSoon(this.clock, COMPACTS_WITHIN_MS, () => isAtWork().catch(() => false));
  }

  /** The status of its answer. */
  async #post({ url, headers }: Place, { path, body }: ServerPost, timeoutMs: number): Promise<number> {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.body?.cancel();
    return response.status;
  }

  /** The server of the holder that knows the session and says that it is at rest. */
  async #find(attempt: Attempt): Promise<Place | undefined> {
    const { episode, session } = attempt;
    const { pid } = session;
    const { server } = this.agents.get(episode.agent).layoutOf(session.home);
    if (server === undefined || pid === undefined) return undefined;
    const authorization = server.authorization((name) => this.processes.envOf(pid, name));
    const headers = authorization === undefined ? {} : { authorization };
    for (const port of await this.processes.listeningPorts(pid)) {
      const place: Place = { server, url: `http://127.0.0.1:${port}`, headers };
      if (await this.#isAtRest(place, attempt).catch(() => false)) return place;
    }
    return undefined;
  }

  async #isAtRest(place: Place, { episode, contract }: Attempt): Promise<boolean> {
    const agent = this.agents.get(episode.agent);
    if ((await this.#ask(place, place.server.session(episode.sessionId, contract.cwd))) === undefined)
      return false;
    for (const path of place.server.stateOf(contract.cwd)) {
      const answer = await this.#ask(place, path);
      if (answer === undefined) return false;
      const told = agent.signalsOf(answer, this.clock.nowMs());
      if (told.some(({ sessionId, kind }) => sessionId === episode.sessionId && kind !== 'idle'))
        return false;
    }
    return true;
  }

  /** Undefined where it does not answer with what was asked for. */
  async #ask({ url, headers }: Place, path: string): Promise<string | undefined> {
    const signal = AbortSignal.timeout(this.#timeoutMs);
    const response = await fetch(`${url}${path}`, { headers, redirect: 'error', signal });
    const text = await response.text();
    return response.ok ? text : undefined;
  }

  get #timeoutMs(): number {
    return this.config.monitor.serverTimeoutS * 1000;
  }
}
