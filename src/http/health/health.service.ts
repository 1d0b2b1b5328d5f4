import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { messageOf } from '../../core/errors.js';
import { SessionDirectory } from '../../core/ports/session-directory.js';
import { PauseRepository } from '../../store/pause.repository.js';

export type HealthPart = Readonly<{ name: string; status: 'up' | 'down'; detail?: string }>;

/** What must work for the service to do its job. */
@Injectable()
export class HealthService implements OnApplicationBootstrap {
  #scanned = false;

  constructor(
    private readonly sessions: SessionDirectory,
    private readonly pauses: PauseRepository,
  ) {}

  onApplicationBootstrap(): void {
    void this.sessions.whenReady().then(() => (this.#scanned = true));
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
    if (this.#scanned) return { name: 'monitor', status: 'up' };
    return { name: 'monitor', status: 'down', detail: 'the sessions on disk are being looked at' };
  }
}
