import type { EpochMs } from '../stop.js';

/** `allowed`: work can go on. */
export type AccountAnswer = 'allowed' | Readonly<{ resetAtMs: EpochMs }>;

/** Asks how an account stands without using any of its quota, for agents that can be asked. */
export abstract class AccountProbe {
  /** Undefined where that cannot be told, so that a session has to try. Never rejects. */
  abstract probe(agent: string, home: string): Promise<AccountAnswer | undefined>;
}
