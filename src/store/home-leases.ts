import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Injectable, Logger } from '@nestjs/common';
import { Config } from '../config/config.js';
import { messageOf } from '../core/errors.js';
import { Clock } from '../core/ports/clock.js';
import { Leases, type Lease, type LeaseAnswer } from '../core/ports/leases.js';
import { LeaseFile } from './lease-file.js';
import { SettingRepository } from './setting.repository.js';

const FILE = 'palingenesis-leases.db';
const OWNER = 'lease_owner';

/** Leases in the agents' own homes, where every service that could write to a session looks. */
@Injectable()
export class HomeLeases extends Leases {
  readonly #log = new Logger('Leases');
  #owner: Promise<string> | undefined;

  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
    private readonly settings: SettingRepository,
  ) {
    super();
  }

  async take(home: string, sessionId: string): Promise<LeaseAnswer> {
    const owner = await this.#ownerId();
    try {
      const nowMs = this.clock.nowMs();
      const holder = this.#file(home).take({ sessionId, owner, nowMs, expiresAtMs: this.#expiryMs() });
      if (holder.owner !== owner) return { kind: 'held', untilMs: holder.expiresAtMs };
      return { kind: 'taken', lease: { home, sessionId, token: holder.token } };
    } catch (error) {
      return { kind: 'unavailable', why: `${this.pathIn(home)}: ${messageOf(error)}` };
    }
  }

  async renew(lease: Lease): Promise<'held' | 'lost' | 'unknown'> {
    const isOurs = await this.#prolong(lease, this.#expiryMs());
    if (isOurs === undefined) return 'unknown';
    return isOurs ? 'held' : 'lost';
  }

  async release(lease: Lease): Promise<void> {
    await this.#prolong(lease, 0);
  }

  protected pathIn(home: string): string {
    return join(home, FILE);
  }

  async #prolong({ home, sessionId, token }: Lease, expiresAtMs: number): Promise<boolean | undefined> {
    const owner = await this.#ownerId();
    try {
      return this.#file(home).prolong(sessionId, token, owner, expiresAtMs);
    } catch (error) {
      this.#log.warn(`${this.pathIn(home)}: ${messageOf(error)}`);
      return undefined;
    }
  }

  #file(home: string): LeaseFile {
    return new LeaseFile(this.pathIn(home));
  }

  #expiryMs(): number {
    return this.clock.nowMs() + this.config.resume.leaseS * 1000;
  }

  /** The same after a restart: what this state folder held it still holds. */
  #ownerId(): Promise<string> {
    this.#owner ??= this.settings.getOrSet(OWNER, randomUUID()).catch((error: unknown) => {
      this.#owner = undefined;
      throw error;
    });
    return this.#owner;
  }
}
