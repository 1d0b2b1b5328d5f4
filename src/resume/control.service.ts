import { Injectable } from '@nestjs/common';
import { originWords, type ControlAction, type Origin } from '../core/control.js';
import { isPending, type Episode } from '../core/episode.js';
import { messageOf, PalingenesisError } from '../core/errors.js';
import { Clock } from '../core/ports/clock.js';
import { EventBus } from '../core/ports/event-bus.js';
import { SessionDirectory } from '../core/ports/session-directory.js';
import type { Run } from '../core/run.js';
import type { SessionSnapshot } from '../core/session.js';
import { EpisodeRepository } from '../store/episode.repository.js';
import { RunRepository } from '../store/run.repository.js';
import { EpisodeBook } from './episode-book.js';
import { EpisodeEngine } from './episode-engine.js';
import { RunService } from './run.service.js';
import { SessionTurns } from './session-turns.js';
import { StrategyCatalog } from './strategies/strategy-catalog.js';

const NEW_SESSION = 'new-session';

/** What came of it, in words, and the episode or run that it concerns. */
export type ControlAnswer = Readonly<{ why: string; episode?: Episode; run?: Run }>;

type Asked = Readonly<{ session: SessionSnapshot; by: string }>;

/**
 * What a person asks for in one session. Everything happens in the session's turn, so that it cannot meet a resume, a
 * stop or a prompt half way. Emits `control-used`, also for what it refuses.
 */
@Injectable()
export class ControlService {
  constructor(
    private readonly clock: Clock,
    private readonly bus: EventBus,
    private readonly sessions: SessionDirectory,
    private readonly episodes: EpisodeRepository,
    private readonly runs: RunRepository,
    private readonly runService: RunService,
    private readonly book: EpisodeBook,
    private readonly engine: EpisodeEngine,
    private readonly turns: SessionTurns,
    private readonly strategies: StrategyCatalog,
  ) {}

  /**
   * Makes its episode due now, whatever the rules of the user and the caps say; an old stop that was left alone gets one.
   * Throws `not-found`, `paused`, `run-in-progress` or `nothing-to-do`.
   */
  resumeNow(sessionId: string, origin: Origin): Promise<ControlAnswer> {
    return this.#ask('resume', sessionId, origin, (asked) =>
      this.#sendOn(asked, `resumed now, as ${asked.by} asks`),
    );
  }

  /** The same, its work handed over to a new session. Throws `strategy-unavailable`, too, where nobody knows how. */
  newSession(sessionId: string, origin: Origin): Promise<ControlAnswer> {
    return this.#ask('new-session', sessionId, origin, async (asked) => {
      if (!this.strategies.all().some(({ id }) => id === NEW_SESSION))
        throw new PalingenesisError(
          'strategy-unavailable',
          'no strategy of this service starts new sessions',
        );
      return this.#sendOn(asked, `handed over to a new session, as ${asked.by} asks`, NEW_SESSION);
    });
  }

  /** Leaves the session alone until it stops the next time. Throws `not-found`, `run-in-progress` or `nothing-to-do`. */
  skip(sessionId: string, origin: Origin): Promise<ControlAnswer> {
    return this.#ask('skip', sessionId, origin, async ({ by }) => {
      const episode = await this.#pending(sessionId);
      if (episode === undefined) throw nothing(sessionId, 'it has no open episode to skip');
      const why = `skipped by ${by}: left alone until it stops the next time`;
      return { why, episode: await this.book.change(episode, { to: 'cancelled', why }) };
    });
  }

  /** Ends our run in it; what that leaves undone is not taken up again. Throws `not-found` or `nothing-to-do`. */
  abort(sessionId: string, origin: Origin): Promise<ControlAnswer> {
    return this.#ask('abort', sessionId, origin, async ({ session, by }) => {
      const run = await this.runs.openOf(sessionId);
      if (run === undefined) throw nothing(sessionId, notOurs(session));
      if (run.live === true)
        throw nothing(sessionId, `run ${run.id} works in a process that is not ours: interrupt it there`);
      await this.runService.abort(run, by);
      const episode = await this.episodes.findOpen(sessionId);
      return { why: `run ${run.id} is ended`, run, ...(episode === undefined ? {} : { episode }) };
    });
  }

  /**
   * A person has seen a parked episode: `retry` makes it due now, `close` ends it. Throws `not-found`, `run-in-progress`
   * or `nothing-to-do`.
   */
  ack(sessionId: string, origin: Origin, action: 'retry' | 'close'): Promise<ControlAnswer> {
    return this.#ask('ack', sessionId, origin, async ({ by }) => {
      const episode = await this.#pending(sessionId);
      if (episode?.state !== 'parked') throw nothing(sessionId, 'it has no parked episode');
      const why = action === 'retry' ? `tried again, as ${by} asks` : `closed by ${by}`;
      const changed =
        action === 'retry'
          ? await this.book.sendOn(episode, why)
          : await this.book.change(episode, { to: 'cancelled', why });
      return { why, episode: changed };
    });
  }

  async #sendOn({ session }: Asked, why: string, strategy?: string): Promise<ControlAnswer> {
    await this.#refuseWhilePaused();
    const episode = (await this.#pending(session.id)) ?? (await this.#openAnew(session));
    const asked = strategy === undefined ? {} : { strategy };
    const sent = await this.book.sendOn(episode, why, asked);
    return { why, episode: sent };
  }

  async #ask(
    action: ControlAction,
    sessionId: string,
    origin: Origin,
    act: (asked: Asked) => Promise<ControlAnswer>,
  ): Promise<ControlAnswer> {
    const by = originWords(origin);
    const use = { action, sessionId, origin, atMs: this.clock.nowMs() };
    try {
      const answer = await this.turns.ask(sessionId, async () =>
        act({ session: await this.#find(sessionId), by }),
      );
      const episodeId = answer.episode?.id ?? answer.run?.episodeId;
      const concerned = episodeId === undefined ? {} : { episodeId };
      this.bus.publish({
        type: 'control-used',
        control: { ...use, ...concerned, isDone: true, why: answer.why },
      });
      this.engine.lookAgain();
      return answer;
    } catch (error) {
      this.bus.publish({ type: 'control-used', control: { ...use, isDone: false, why: messageOf(error) } });
      throw error;
    }
  }

  async #find(id: string): Promise<SessionSnapshot> {
    const session = await this.sessions.refresh(id);
    if (session === undefined) throw new PalingenesisError('not-found', `no session "${id}"`);
    return session;
  }

  async #refuseWhilePaused(): Promise<void> {
    if (await this.engine.isPaused())
      throw new PalingenesisError(
        'paused',
        'acting is paused: POST /api/v1/resume, or "palingenesis resume", first',
      );
  }

  /** Its open episode; undefined where there is none. */
  async #pending(sessionId: string): Promise<Episode | undefined> {
    const run = await this.runs.openOf(sessionId);
    const episode = await this.episodes.findOpen(sessionId);
    if (run !== undefined || (episode !== undefined && !isPending(episode.state)))
      throw new PalingenesisError(
        'run-in-progress',
        `run ${run?.id ?? ''} works on session "${sessionId}": abort it first, or let it end`.replace(
          '  ',
          ' ',
        ),
      );
    return episode;
  }

  /** An episode for a stop that was left alone so far. */
  async #openAnew(session: SessionSnapshot): Promise<Episode> {
    const { id, stop } = session;
    if (stop === undefined || stop.reason === 'completed')
      throw nothing(id, stop === undefined ? 'it has not stopped' : 'its work is done');
    await this.book.open(session, stop);
    const episode = await this.episodes.findOpen(id);
    if (episode !== undefined) return episode;
    const [closed] = await this.episodes.list({ sessionId: id, limit: 1 });
    throw nothing(
      id,
      `its last stop is dealt with (${closed?.state ?? stop.reason}: ${closed?.why ?? ''}); go on in the session itself`,
    );
  }
}

function nothing(sessionId: string, why: string): PalingenesisError {
  return new PalingenesisError('nothing-to-do', `session "${sessionId}": ${why}`);
}

function notOurs({ liveness, pid }: SessionSnapshot): string {
  if (liveness !== 'alive') return 'no run of ours works on it';
  return `process ${pid ?? ''} that holds it is not ours: end it where it was started`.replace('  ', ' ');
}
