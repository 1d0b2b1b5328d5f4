import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { messageOf } from '../../core/errors.js';
import { SessionDirectory } from '../../core/ports/session-directory.js';
import { PauseRepository } from '../../store/pause.repository.js';

export type HealthPart = Readonly<{ name: string; status: 'up' | 'down'; detail?: string }>;

/** What must work for the service to do its job. */
@Injectable()
export class HealthService implements OnApplicationBootstrap {
  #isListed = false;
  #isCaughtUp = false;

  constructor(
    private readonly sessions: SessionDirectory,
    private readonly pauses: PauseRepository,
  ) {}

  onApplicationBootstrap(): void {
    void this.sessions.whenReady().then(() => (this.#isListed = true));
    void this.sessions.whenCaughtUp().then(() => (this.#isCaughtUp = true));
  }

  async check(): Promise<HealthPart[]> {
    return [await this.#store(), this.#monitor()];
  }

  async #store(): Promise<HealthPart> {
    try {
      await this.pauses.isPaused();
      return { name: 'store', status: 'up' };
    } catch (error) {
      return { name: 'store', status: 'down', detail: messageOf(error) };
    }
  }

  #monitor(): HealthPart {
    if (this.#isCaughtUp) return { name: 'monitor', status: 'up' };
    return this.#isListed
      ? {
          name: 'monitor',
          status: 'up',
          detail: 'all sessions are listed; they are being read, the newest first',
        }
      : { name: 'monitor', status: 'down', detail: 'the sessions on disk are being looked at' };
  }
}
