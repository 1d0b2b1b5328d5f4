import type { Episode } from '../episode.js';
import type { Run } from '../run.js';
import type { LaunchContract, SessionSnapshot } from '../session.js';
import type { Command } from './process-host.js';

/** What is to be resumed: asked of every strategy, in the order of their ranks. */
export type Attempt = Readonly<{
  episode: Episode;
  session: SessionSnapshot;
  contract: LaunchContract;
  /** The runs of this episode so far, the newest first. */
  earlier: readonly Run[];
}>;

/** Whether a strategy can do it now, and why, or why not, in words for people. */
export type Fit = Readonly<{ applies: boolean; why: string }>;

/** Whether what is to be resumed has no room in its context. */
export function isFull({ episode }: Attempt): boolean {
  return episode.stop.reason === 'context_exhausted';
}

/** It cannot. */
export function no(why: string): Fit {
  return { applies: false, why };
}

/**
 * What a strategy would do. `process`: a process of ours works on the session. `new-session`: a process of ours begins
 * another one, of that id or one the agent chooses. `live`: the process that holds the session is told to go on; its end
 * is seen through the session alone. `halt` has it stop again, where it can be told to. Nothing has happened yet: the run is
 * stored first.
 */
export type Work = Readonly<
  | { kind: 'process'; command: Command }
  | { kind: 'new-session'; launch: (sessionId: string) => Command }
  | { kind: 'live'; act: () => Promise<void>; halt?: () => Promise<void> }
>;

/** One way to go on after a stop. It keeps the launch contract and never widens it. */
export abstract class Strategy {
  /** Stored with each run, and shown. */
  abstract readonly id: string;
  /** The lowest that applies is taken. Two strategies never have the same. */
  abstract readonly rank: number;
  abstract readonly kind: 'same-session' | 'new-session';
  /** True where it goes through the process that holds the session: then that one is no obstacle. */
  abstract readonly throughHolder: boolean;
  /** Looks only; changes nothing in the session. */
  abstract fit(attempt: Attempt): Promise<Fit>;
  /** Whether it was taken in this episode before. */
  protected wasTaken({ earlier }: Pick<Attempt, 'earlier'>): boolean {
    return earlier.some(({ strategy }) => strategy === this.id);
  }

  /** Makes ready what it takes. Called once, when it was chosen and nothing stands against it. */
  abstract prepare(attempt: Attempt): Promise<Work>;
}
