import type { EpochMs } from '../stop.js';

/** Asks how an account stands without using any of its quota, for agents that can be asked. */
export abstract class AccountProbe {
  /** `allowed`: work can go on; undefined where that cannot be told, so that a session has to try. Never rejects. */
  probe(_agent: string, _home: string): Promise<'allowed' | Readonly<{ resetAtMs: EpochMs }> | undefined> {
    return Promise.resolve(undefined);
  }
}

/** No agent can be asked. */
export class NoAccountProbe extends AccountProbe {}
