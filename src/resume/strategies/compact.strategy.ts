import { Injectable } from '@nestjs/common';
import { AgentCatalog } from '../../agents/agent-catalog.js';
import { isFull, no, Strategy, type Attempt, type Fit, type Work } from '../../core/ports/strategy.js';
import { ResumeStrategy } from './resume-strategy.decorator.js';

/** Has the agent compact a session whose context is full, once; the next attempt goes on with it. */
@ResumeStrategy()
@Injectable()
export class CompactStrategy extends Strategy {
  readonly id = 'compact';
  readonly rank = 40;
  readonly kind = 'same-session';
  readonly throughHolder = false;

  constructor(private readonly agents: AgentCatalog) {
    super();
  }

  fit(attempt: Attempt): Promise<Fit> {
    return Promise.resolve(this.#fit(attempt));
  }

  prepare(attempt: Attempt): Promise<Work> {
    const command = this.#command(attempt);
    if (command === undefined) throw new Error(`${attempt.episode.agent} has no command that compacts`);
    return Promise.resolve({ kind: 'process', command });
  }

  #fit(attempt: Attempt): Fit {
    const { episode, session } = attempt;
    if (!isFull(attempt)) return no('the context is not full');
    if (session.liveness === 'alive') return no('a live process holds the session');
    if (this.#command(attempt) === undefined) return no(`${episode.agent} has no command that compacts`);
    if (this.wasTaken(attempt)) return no('it was compacted once already');
    return { applies: true, why: 'the context is full: it is compacted first' };
  }

  #command({ episode, contract }: Attempt) {
    const compaction = this.agents.get(episode.agent).compaction(episode.sessionId, contract);
    return typeof compaction === 'object' ? compaction : undefined;
  }
}
