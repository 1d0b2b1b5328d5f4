import { Injectable } from '@nestjs/common';
import { ResumeStrategy, Strategy, type Attempt, type Fit, type Work } from 'palingenesis';
import { ScribeAgent } from './scribe.agent.js';

/** Has a scribe sum up before it goes on, the first time. */
@ResumeStrategy()
@Injectable()
export class RecapStrategy extends Strategy {
  readonly id = 'recap';
  /** Before the one that just goes on, which has 50. */
  readonly rank = 45;
  readonly kind = 'same-session';
  readonly throughHolder = false;

  constructor(private readonly scribe: ScribeAgent) {
    super();
  }

  async fit({ episode, earlier }: Attempt): Promise<Fit> {
    const applies = episode.agent === this.scribe.id && earlier.length === 0;
    return { applies, why: applies ? 'it is the first time' : 'it is no scribe, or was asked already' };
  }

  async prepare({ episode, contract }: Attempt): Promise<Work> {
    const command = this.scribe.resume(episode.sessionId, contract, 'Sum up the last page, then go on.');
    return { kind: 'process', command };
  }
}
