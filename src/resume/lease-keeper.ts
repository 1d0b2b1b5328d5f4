import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Config } from '../config/config.js';
import { messageOf, PalingenesisError } from '../core/errors.js';
import { Clock, type Cancel } from '../core/ports/clock.js';
import { Leases, type Lease, type LeaseAnswer } from '../core/ports/leases.js';

/** How often a lease is renewed in its time: one renewal may fail without harm. */
const RENEWALS = 3;

/** Holds the leases of the sessions that are being resumed, from the last look until the run has ended. */
@Injectable()
export class LeaseKeeper implements OnApplicationShutdown {
  readonly #log = new Logger('Leases');
  readonly #held = new Map<string, Lease>();
  #cancel: Cancel = () => undefined;
  #onLost: (sessionId: string) => void = () => undefined;

  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
    private readonly leases: Leases,
  ) {}

  /** Leases of runs that go on are left to run out: the next start takes them up again. */
  onApplicationShutdown(): void {
    this.#cancel();
  }

  /** Tells of sessions that another service has taken over: nothing of ours may write to them any more. */
  onLost(listener: (sessionId: string) => void): void {
    this.#onLost = listener;
  }

  /** Takes the lease of a session and keeps it until it is dropped. */
  async take(home: string, sessionId: string): Promise<LeaseAnswer> {
    const answer = await this.leases.take(home, sessionId);
    if (answer.kind !== 'taken') return answer;
    this.#held.set(sessionId, answer.lease);
    if (this.#held.size === 1) this.#keepRenewing();
    return answer;
  }

  get durationMs(): number {
    return this.config.resume.leaseS * 1000;
  }

  /**
   * Call right before something writes to a session: time has passed since its lease was taken. Asks where the leases are
   * kept, not the memory. Rejects with `lease-lost`.
   */
  async assertHeld(sessionId: string): Promise<void> {
    const lease = this.#held.get(sessionId);
    if (lease === undefined || (await this.leases.renew(lease)) !== 'held')
      throw new PalingenesisError('lease-lost', `another service has taken session ${sessionId} over`);
  }

  /** Gives it back; harmless where it is not held. */
  async drop(sessionId: string): Promise<void> {
    const lease = this.#held.get(sessionId);
    if (lease === undefined) return;
    this.#held.delete(sessionId);
    if (this.#held.size === 0) this.#cancel();
    await this.leases.release(lease);
  }

  #keepRenewing(): void {
    this.#cancel();
    const everyMs = this.durationMs / RENEWALS;
    this.#cancel = this.clock.every(everyMs, () => {
      for (const lease of this.#held.values())
        void this.#renew(lease).catch((error: unknown) => this.#log.error(messageOf(error)));
    });
  }

  async #renew(lease: Lease): Promise<void> {
    const { sessionId } = lease;
    if ((await this.leases.renew(lease)) !== 'lost' || this.#held.get(sessionId) !== lease) return;
    this.#log.error(`session ${sessionId}: another service has taken it over`);
    this.#held.delete(sessionId);
    this.#onLost(sessionId);
  }
}
