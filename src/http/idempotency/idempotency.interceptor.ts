import { createHash } from 'node:crypto';
import {
  BadRequestException,
  Injectable,
  Logger,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import type { Request, Response } from 'express';
import { firstValueFrom, from, type Observable } from 'rxjs';
import { Config } from '../../config/config.js';
import { ERROR_CODES, messageOf, PalingenesisError, type ErrorCode } from '../../core/errors.js';
import { isRecord } from '../../core/json-record.js';
import { Clock } from '../../core/ports/clock.js';
import { AnswerRepository } from '../../store/answer.repository.js';

const KEY = /^[\x21-\x7e]{1,255}$/;
const HOUR_MS = 3_600_000;

/** What came of a request: what it was answered, or how it was refused. */
type Outcome = Readonly<
  { kind: 'answer'; value: unknown } | { kind: 'refusal'; code: ErrorCode; message: string }
>;
type Pending = Readonly<{ requestHash: string; outcome: Promise<Outcome> }>;

/**
 * Does what a request with an `Idempotency-Key` asks for once: the same request under the same key gets the answer
 * of the first, also while that is still under way and after a restart. Another one under it is refused with
 * `idempotency-mismatch`. What failed on our side is not kept: it can be tried again.
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  readonly #log = new Logger('Http');
  /** Requests under way, as many as there are connections. */
  readonly #pending = new Map<string, Pending>();

  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
    private readonly answers: AnswerRepository,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const request = http.getRequest<Request>();
    const key = request.headers['idempotency-key'];
    if (key === undefined) return next.handle();
    if (typeof key !== 'string' || !KEY.test(key))
      throw new BadRequestException('Idempotency-Key: 1 to 255 characters of ASCII without blanks');
    return from(this.#once(key, request, http.getResponse<Response>(), () => firstValueFrom(next.handle())));
  }

  async #once(
    key: string,
    request: Request,
    response: Response,
    act: () => Promise<unknown>,
  ): Promise<unknown> {
    const requestHash = hashOf(request);
    const known = this.#pending.get(key) ?? (await this.#stored(key)) ?? this.#pending.get(key);
    if (known === undefined) return valueOf(await this.#first(key, requestHash, act));
    if (known.requestHash !== requestHash)
      throw new PalingenesisError(
        'idempotency-mismatch',
        `Idempotency-Key "${key}" was used for another request`,
      );
    response.setHeader('Idempotency-Replayed', 'true');
    return valueOf(await known.outcome);
  }

  async #first(key: string, requestHash: string, act: () => Promise<unknown>): Promise<Outcome> {
    const outcome = outcomeOf(act);
    // Whoever waits for it gets its failure; when nobody does, it is no unhandled one.
    outcome.catch(() => undefined);
    this.#pending.set(key, { requestHash, outcome });
    try {
      const done = await outcome;
      await this.#store(key, requestHash, done);
      return done;
    } finally {
      this.#pending.delete(key);
    }
  }

  async #stored(key: string): Promise<Pending | undefined> {
    const found = await this.answers.find(key, this.#sinceMs());
    if (found === undefined || !isOutcome(found.answer)) return undefined;
    return { requestHash: found.requestHash, outcome: Promise.resolve(found.answer) };
  }

  /** It is done, whether or not that can be noted. */
  async #store(key: string, requestHash: string, answer: Outcome): Promise<void> {
    const bounds = {
      atMs: this.clock.nowMs(),
      sinceMs: this.#sinceMs(),
      max: this.config.control.maxIdempotencyKeys,
    };
    try {
      await this.answers.store(key, { requestHash, answer }, bounds);
    } catch (error) {
      this.#log.warn(`the answer under an Idempotency-Key cannot be kept: ${messageOf(error)}`);
    }
  }

  #sinceMs(): number {
    return this.clock.nowMs() - this.config.control.idempotencyH * HOUR_MS;
  }
}

function hashOf({ method, path, body }: Request): string {
  const asked: unknown = body;
  return createHash('sha256')
    .update(JSON.stringify([method, path, asked ?? null]))
    .digest('base64');
}

async function outcomeOf(act: () => Promise<unknown>): Promise<Outcome> {
  try {
    return { kind: 'answer', value: await act() };
  } catch (error) {
    if (error instanceof PalingenesisError)
      return { kind: 'refusal', code: error.code, message: error.message };
    throw error;
  }
}

function valueOf(outcome: Outcome): unknown {
  if (outcome.kind === 'answer') return outcome.value;
  throw new PalingenesisError(outcome.code, outcome.message);
}

function isOutcome(value: unknown): value is Outcome {
  if (!isRecord(value)) return false;
  if (value['kind'] === 'answer') return 'value' in value;
  const { code, message } = value;
  return typeof code === 'string' && code in ERROR_CODES && typeof message === 'string';
}
