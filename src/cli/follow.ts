import { OPEN_STATES } from '../core/episode.js';
import { toEpisodeDetail, toSessionDetail, type Run, type SessionDetail } from './api.js';
import { ServiceError, type Answer, type Client } from './client.js';

const POLL_MS = 500;
/** The episode of a stop is stored a moment after its run has ended. */
const SETTLE_MS = 3000;
/** How long the service may be away, as for a restart. */
const AWAY_MS = 120_000;

/** Something that happened to a followed session; `state` in the words of the API, and `working`. */
export type Change = Readonly<{ atMs: number; state: string; why: string; episodeId?: string }>;

/** `answer` is what the API said last. */
export type End = Readonly<{ session: SessionDetail; answer: Answer }>;

export type Time = Readonly<{ nowMs: () => number; sleep: (ms: number) => Promise<unknown> }>;

/** Follows one session until nothing more will happen to it by itself. */
export class Follower {
  /** How many changes of each episode, and of the launch, were told. */
  readonly #told = new Map<string, number>();
  /** When each episode had changed last when its trail was read. */
  readonly #readAt = new Map<string, number>();
  #lastState = '';
  #answeredAtMs: number;
  #seen = '';
  #seenSinceMs = 0;

  constructor(
    private readonly client: Pick<Client, 'get'>,
    private readonly sessionId: string,
    private readonly tell: (change: Change) => void,
    private readonly time: Time,
  ) {
    this.#answeredAtMs = time.nowMs();
  }

  /** Resolves at the end of the session. Throws a `ServiceError` when the service stays away. */
  async follow(): Promise<End> {
    for (;;) {
      const end = await this.#look().catch((error: unknown) => this.#forgive(error));
      if (end !== undefined) return end;
      await this.time.sleep(POLL_MS);
    }
  }

  async #look(): Promise<End | undefined> {
    const answer = await this.client.get(`/api/v1/sessions/${encodeURIComponent(this.sessionId)}`);
    const session = toSessionDetail(answer.fields);
    await this.#tellNews(session);
    this.#answeredAtMs = this.time.nowMs();
    this.#note(session);
    if (!this.#isOver(session)) return undefined;
    this.#tellEnd(session);
    return { session, answer };
  }

  /** A service that starts again is away first, and then does not know every session at once. */
  #forgive(error: unknown): undefined {
    const isPassing =
      error instanceof ServiceError &&
      (error.status === undefined || error.status === 404 || error.status >= 500);
    if (!isPassing || this.time.nowMs() - this.#answeredAtMs > AWAY_MS) throw error;
    this.#seen = '';
  }

  /** From the stored trails, so that nothing is missed between two looks, nor while the service is away. */
  async #tellNews({ runs, episodes }: SessionDetail): Promise<void> {
    const launch = runs.find(({ kind }) => kind === 'launch');
    if (launch !== undefined && this.#countNew(launch.id, 1) > 0)
      this.#tell({ atMs: launch.startedAtMs, state: 'working', why: 'launched' });
    for (const { id, updatedAtMs } of episodes.toReversed()) {
      if (this.#readAt.get(id) === updatedAtMs) continue;
      const { audit } = toEpisodeDetail((await this.client.get(`/api/v1/episodes/${id}`)).fields);
      const count = this.#countNew(id, audit.length);
      for (const { atMs, to, why } of audit.slice(audit.length - count))
        this.#tell({ atMs, state: to, why, episodeId: id });
      this.#readAt.set(id, updatedAtMs);
    }
  }

  #countNew(id: string, count: number): number {
    const told = this.#told.get(id) ?? 0;
    this.#told.set(id, count);
    return count - told;
  }

  #note({ state, runs, episodes }: SessionDetail): void {
    const seen = JSON.stringify([state, runs, episodes]);
    if (seen === this.#seen) return;
    this.#seen = seen;
    this.#seenSinceMs = this.time.nowMs();
  }

  #isOver(session: SessionDetail): boolean {
    if (isBusy(session)) return false;
    const isSettled = this.time.nowMs() - this.#seenSinceMs >= SETTLE_MS;
    return isSettled || (hasCompleted(session) && session.runs[0]?.result === 'ok');
  }

  #tellEnd({ state, stop, runs }: SessionDetail): void {
    const atMs = runs[0]?.endedAtMs ?? this.time.nowMs();
    if (state !== this.#lastState) this.#tell({ atMs, state, why: stop?.text ?? '' });
  }

  #tell(change: Change): void {
    this.#lastState = change.state;
    this.tell(change);
  }
}

const ACTIVE: ReadonlySet<string> = new Set<string>(OPEN_STATES.filter((state) => state !== 'parked'));

function isBusy({ runs, episodes }: SessionDetail): boolean {
  return runs.some(({ isRunning }: Run) => isRunning) || episodes.some(({ state }) => ACTIVE.has(state));
}

export function hasCompleted({ state }: SessionDetail): boolean {
  return state === 'completed';
}
