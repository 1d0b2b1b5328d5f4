import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { rateLimit, type RateLimitRequestHandler } from 'express-rate-limit';
import { PalingenesisError } from '../../core/errors.js';
import type { Clock } from '../../core/ports/clock.js';
import { isLocal } from '../ipc/local-request.js';

const WINDOW_MS = 60_000;
/** How many clients are counted apart; more of them share. So no flood of addresses can fill the memory. */
const BUCKETS = 4096;

/** A client as far as it is told apart from others. */
function bucketOf({ socket }: IncomingMessage): string {
  const digest = createHash('sha256').update(socket.remoteAddress ?? '');
  return String(digest.digest().readUInt16BE(0) % BUCKETS);
}

/** Refuses what one client asks beyond its share. What comes by the socket is this user, and not counted. */
export function requestLimit(perMinute: number): RateLimitRequestHandler {
  return rateLimit({
    windowMs: WINDOW_MS,
    limit: perMinute,
    keyGenerator: bucketOf,
    skip: isLocal,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    validate: false,
    handler: (_request, _response, next) => next(tooMany(perMinute, 'requests')),
  });
}

/** Counts wrong tokens, so that none can be found by trying. */
export class FailedLogins {
  readonly #counts = new Map<string, number>();
  #sinceMs = 0;

  constructor(
    private readonly clock: Pick<Clock, 'nowMs'>,
    private readonly perMinute: number,
  ) {}

  /** Throws `too-many-requests` for a client that has had its share of failures. */
  check(request: IncomingMessage): void {
    if (Math.abs(this.clock.nowMs() - this.#sinceMs) > WINDOW_MS) {
      this.#sinceMs = this.clock.nowMs();
      this.#counts.clear();
    }
    if ((this.#counts.get(bucketOf(request)) ?? 0) >= this.perMinute)
      throw tooMany(this.perMinute, 'wrong tokens');
  }

  count(request: IncomingMessage): void {
    const bucket = bucketOf(request);
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + 1);
  }
}

function tooMany(limit: number, what: string): PalingenesisError {
  return new PalingenesisError(
    'too-many-requests',
    `more than ${limit} ${what} in a minute; come back in a minute`,
  );
}
