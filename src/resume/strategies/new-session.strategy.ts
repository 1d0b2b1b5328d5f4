import { Injectable, Logger } from '@nestjs/common';
import { AgentCatalog } from '../../agents/agent-catalog.js';
import { PalingenesisError } from '../../core/errors.js';
import { isFull, no, Strategy, type Attempt, type Fit, type Work } from '../../core/ports/strategy.js';
import { NextPrompts } from '../next-prompt.js';
import { SessionBackups } from '../session-backup.js';
import { ResumeStrategy } from './resume-strategy.decorator.js';

const ORIGIN = {
  'next-step': 'its Next-step.md',
  workflow: 'the next step of its workflow',
  handover: 'a hand-over from its records',
};

/** Lets another session take over from one whose context is full, under the same launch contract. */
@ResumeStrategy()
@Injectable()
export class NewSessionStrategy extends Strategy {
  readonly #log = new Logger('Resume');
  readonly id = 'new-session';
  readonly rank = 60;
  readonly kind = 'new-session';
  readonly throughHolder = false;

  constructor(
    private readonly agents: AgentCatalog,
    private readonly prompts: NextPrompts,
    private readonly backups: SessionBackups,
  ) {
    super();
  }

  fit(attempt: Attempt): Promise<Fit> {
    const why = !isFull(attempt)
      ? 'the context is not full'
      : attempt.session.liveness === 'alive'
        ? 'a live process holds the session'
        : this.wasTaken(attempt)
          ? 'a new session took over once already'
          : undefined;
    return Promise.resolve(
      why === undefined
        ? { applies: true, why: 'the context is full and was not, or could not be, compacted' }
        : no(why),
    );
  }

  async prepare({ episode, session, contract }: Attempt): Promise<Work> {
    const backup = await this.backups.backUp(session);
    const prompt = await this.prompts.of(session);
    if (prompt === undefined)
      throw new PalingenesisError(
        'not-found',
        `the records of session ${session.id} do not say what its work is: start a new session by hand`,
      );
    const kept = backup === undefined ? '' : `, backed up to ${backup}`;
    this.#log.log(`session ${session.id} is handed over by ${ORIGIN[prompt.from]}${kept}`);
    const agent = this.agents.get(episode.agent);
    return { kind: 'new-session', launch: (id) => agent.launch(id, contract, prompt.text) };
  }
}
