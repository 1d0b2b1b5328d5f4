import { Injectable } from '@nestjs/common';
import { AgentCatalog } from '../../agents/agent-catalog.js';
import { Config } from '../../config/config.js';
import { Strategy, type Attempt, type Fit, type Work } from '../../core/ports/strategy.js';
import { ResumeStrategy } from './resume-strategy.decorator.js';

/** Goes on with a session that nobody holds, in a process of ours, by its id. */
@ResumeStrategy()
@Injectable()
export class HeadlessStrategy extends Strategy {
  readonly id = 'headless';
  readonly rank = 50;
  readonly kind = 'same-session';
  readonly throughHolder = false;

  constructor(
    private readonly config: Config,
    private readonly agents: AgentCatalog,
  ) {
    super();
  }

  fit({ episode, session }: Attempt): Promise<Fit> {
    return Promise.resolve(
      session.liveness === 'alive'
        ? { applies: false, why: 'a live process holds the session' }
        : { applies: true, why: `nobody holds the session: ${episode.agent} is started for it` },
    );
  }

  prepare({ episode, contract }: Attempt): Promise<Work> {
    const agent = this.agents.get(episode.agent);
    const command = agent.resume(episode.sessionId, contract, this.config.resume.prompt);
    return Promise.resolve({ kind: 'process', command });
  }
}
