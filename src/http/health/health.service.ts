import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { messageOf } from '../../core/errors.js';
import { Clock } from '../../core/ports/clock.js';
import { SessionDirectory } from '../../core/ports/session-directory.js';
import { iso, type EpochMs } from '../../core/stop.js';
import { SettingRepository } from '../../store/setting.repository.js';

/** Whoever asks more often is told the same again: that it can be written to is tried by writing. */
const STORE_CHECK_MS = 5000;

export type HealthPart = Readonly<{ name: string; status: 'up' | 'down'; detail?: string }>;

/** What must work for the service to do its job. */
@Injectable()
export class HealthService implements OnApplicationBootstrap {
  #stored: Readonly<{ atMs: EpochMs; part: HealthPart }> | undefined;
  #isListed = false;
  #isCaughtUp = false;

  constructor(
    private readonly sessions: SessionDirectory,
    private readonly settings: SettingRepository,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    void this.sessions.whenReady().then(() => (this.#isListed = true));
    void this.sessions.whenCaughtUp().then(() => (this.#isCaughtUp = true));
  }

  async check(): Promise<HealthPart[]> {
    return [await this.#store(), this.#monitor()];
  }

  async #store(): Promise<HealthPart> {
    const nowMs = this.clock.nowMs();
    const stored = this.#stored;
    // A clock that was set back makes no answer last longer.
    if (stored !== undefined && Math.abs(nowMs - stored.atMs) < STORE_CHECK_MS) return stored.part;
    const part = await this.#tryStore(nowMs);
    this.#stored = { atMs: nowMs, part };
    return part;
  }

  async #tryStore(nowMs: EpochMs): Promise<HealthPart> {
    try {
      await this.settings.set('health_checked_at', iso(nowMs));
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
