import { Injectable } from '@nestjs/common';
import { AgentCatalog } from '../../agents/agent-catalog.js';
import { Config } from '../../config/config.js';
import type { AgentDaemon } from '../../core/ports/live-surface.js';
import { isFull, no, Strategy, type Attempt, type Fit, type Work } from '../../core/ports/strategy.js';
import type { JsonRpcSocket } from '../../platform/json-rpc-socket.js';
import { withDaemon } from '../daemon-call.js';
import { ResumeStrategy } from './resume-strategy.decorator.js';

/** Tells a session through the daemon of the agent that holds it; whoever watches it in a terminal sees it go on. */
@ResumeStrategy()
@Injectable()
export class DaemonStrategy extends Strategy {
  readonly id = 'daemon';
  readonly rank = 20;
  readonly kind = 'same-session';
  readonly throughHolder = true;

  constructor(
    private readonly config: Config,
    private readonly agents: AgentCatalog,
  ) {
    super();
  }

  async fit(attempt: Attempt): Promise<Fit> {
    const { episode, session } = attempt;
    const daemon = this.#daemonOf(episode.agent, session.home);
    if (daemon === undefined) return no(`${episode.agent} has no daemon`);
    if (session.liveness !== 'alive') return no('no live process holds the session');
    if (isFull(attempt) && this.wasTaken(attempt)) return no('the context stayed full when it went on');
    const isAtRest = await this.#with(daemon, async (rpc) =>
      daemon.isAtRest(await rpc.call(daemon.look(session.id))),
    ).catch(() => false);
    return isAtRest
      ? { applies: true, why: 'the daemon has the session, and it is at rest there' }
      : no('the daemon does not have the session, or not at rest');
  }

  prepare({ episode, session, contract }: Attempt): Promise<Work> {
    const daemon = this.#daemonOf(episode.agent, session.home);
    if (daemon === undefined) throw new Error(`${episode.agent} has no daemon`);
    const calls = daemon.tell(session.id, contract, this.config.resume.prompt);
    const act = () =>
      this.#with(daemon, async (rpc) => {
        for (const call of calls) await rpc.call(call);
      });
    return Promise.resolve({ kind: 'live', act });
  }

  #with<T>(daemon: AgentDaemon, work: (rpc: JsonRpcSocket) => Promise<T>): Promise<T> {
    return withDaemon(daemon, this.config.monitor.serverTimeoutS * 1000, work);
  }

  #daemonOf(agent: string, home: string): AgentDaemon | undefined {
    return this.agents.get(agent).layoutOf(home).daemon;
  }
}
