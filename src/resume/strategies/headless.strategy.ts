import { Injectable } from '@nestjs/common';
import { AgentCatalog } from '../../agents/agent-catalog.js';
import { Config } from '../../config/config.js';
import { isFull, no, Strategy, type Attempt, type Fit, type Work } from '../../core/ports/strategy.js';
import { Orphans } from '../../platform/orphans.js';
import { ResumeStrategy } from './resume-strategy.decorator.js';

const MAX_NAMED = 10;

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
    private readonly orphans: Orphans,
  ) {
    super();
  }

  fit(attempt: Attempt): Promise<Fit> {
    const { episode, session } = attempt;
    const why =
      session.liveness === 'alive'
        ? 'a live process holds the session'
        : isFull(attempt) && !this.#makesRoom(attempt)
          ? 'the context is full and would be again'
          : undefined;
    const left = why === undefined ? this.#leftRunning(attempt) : '';
    return Promise.resolve(
      why === undefined
        ? { applies: true, why: `nobody holds the session: ${episode.agent} is started for it${left}` }
        : no(why),
    );
  }

  /** Tools outlive an agent that died: what they do meanwhile the resumed session does not know. */
  #leftRunning({ episode, contract }: Attempt): string {
    const { toolVariable } = this.agents.get(episode.agent);
    if (episode.stop.reason !== 'crash' || toolVariable === undefined) return '';
    const names = this.orphans.in(contract.cwd, toolVariable).map(({ pid, name }) => `${name} (${pid})`);
    if (names.length === 0) return '';
    const more = names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : '';
    return `; tools of the dead process still run: ${names.slice(0, MAX_NAMED).join(', ')}${more}`;
  }

  /** It was compacted just now, or the agent will do that by itself, which is tried once. */
  #makesRoom({ episode, contract, earlier }: Attempt): boolean {
    const [last] = earlier;
    if (last?.strategy === 'compact') return last.outcome?.result === 'ok';
    const compaction = this.agents.get(episode.agent).compaction(episode.sessionId, contract);
    return compaction === 'on-resume' && !this.wasTaken({ earlier });
  }

  prepare({ episode, contract }: Attempt): Promise<Work> {
    const agent = this.agents.get(episode.agent);
    const command = agent.resume(episode.sessionId, contract, this.config.resume.prompt);
    return Promise.resolve({ kind: 'process', command });
  }
}
