import type { EpochMs, Evidence, Verdict } from './stop.js';

/** Where a signal came from: a hook or plugin in the agent, its server, or its log. */
export type SignalSource = 'hook' | 'server' | 'log';

/**
 * What a live source says of a session, beyond its records or ahead of them:
 * `working` a turn is under way · `idle` none is · `waits` the agent tries again by itself · `asks` a person has to
 * answer · `failed` a turn has failed, which the records say, too, but perhaps less exactly · `left` the user ended it.
 */
export type Signal = Readonly<{ sessionId: string; atMs: EpochMs; source: SignalSource }> &
  Readonly<
    | { kind: 'working' | 'idle' }
    | { kind: 'waits' | 'failed'; verdict: Verdict }
    | { kind: 'asks' | 'left'; evidence: Evidence }
  >;
