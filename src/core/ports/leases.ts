import type { EpochMs } from '../stop.js';

/** The right to write to one session. `token` only ever grows: who holds a smaller one has lost it. */
export type Lease = Readonly<{ home: string; sessionId: string; token: number }>;

export type LeaseAnswer = Readonly<
  | { kind: 'taken'; lease: Lease }
  | { kind: 'held'; untilMs: EpochMs }
  /** Where nothing can be kept, nobody can be kept out either. */
  | { kind: 'unavailable'; why: string }
>;

/** Keeps services that share an agent home from writing to one session at the same time. */
export abstract class Leases {
  /** Takes the lease of a session, also one that has run out or was ours before. */
  abstract take(home: string, sessionId: string): Promise<LeaseAnswer>;
  /** Prolongs a lease. `lost`: another has taken it over meanwhile; `unknown`: that cannot be told just now. */
  abstract renew(lease: Lease): Promise<'held' | 'lost' | 'unknown'>;
  /** Gives a lease back, if it is still ours. */
  abstract release(lease: Lease): Promise<void>;
}
