import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import type { Request, RequestHandler, Response } from 'express';
import { Config } from '../../config/config.js';
import { PalingenesisError } from '../../core/errors.js';
import { isLoopback } from '../../core/loopback.js';
import { Clock } from '../../core/ports/clock.js';
import { ensureTokens, type Scope, type Tokens } from '../../store/token-files.js';
import { isLocal } from '../ipc/local-request.js';
import { addressOf, OwnHosts } from './own-host.js';
import { FailedLogins } from './request-limits.js';
import { TokenCheck } from './token-check.js';

const READS = new Set(['GET', 'HEAD']);
/** All the rest, the pages of the dashboard and whether the service is up, tells nothing that has to be kept. */
const PROTECTED = /^\/+(?:api|metrics)/i;
const JSON_TYPE = /^application\/json\s*(?:;|$)/i;
/** What a browser says of a request that a page elsewhere has caused. */
const FOREIGN_SITES = new Set(['cross-site', 'same-site']);

export type NewTokens = Readonly<{ tokens: Tokens; created: readonly Scope[] }>;

/**
 * Decides which requests are let in. On loopback everyone on this machine may ask; as soon as the service can be
 * reached from elsewhere a token is needed. The Unix socket needs none: opening its file is the proof.
 */
@Injectable()
export class Access implements OnModuleInit, OnApplicationBootstrap {
  readonly #hosts: OwnHosts;
  readonly #failures: FailedLogins;
  #check: TokenCheck | undefined;
  #created: NewTokens | undefined;
  #isInPlace = false;

  constructor(
    private readonly config: Config,
    clock: Clock,
  ) {
    const { host, allowedHosts, maxFailedLoginsPerMin } = config.http;
    this.#hosts = new OwnHosts(host, allowedHosts);
    this.#failures = new FailedLogins(clock, maxFailedLoginsPerMin);
  }

  /** Throws where tokens are needed and can neither be read nor made: nobody is let in without. */
  onModuleInit(): void {
    const { host, tokenDir } = this.config.http;
    if (isLoopback(host)) return;
    const made = ensureTokens(tokenDir);
    this.#check = new TokenCheck(made.tokens);
    if (made.created.length > 0) this.#created = made;
    new Logger('Http').warn('reachable from other machines, unencrypted: put a proxy with TLS in front', {
      host,
    });
  }

  /** Throws where the application has routes of ours and nothing checks who asks for them. */
  onApplicationBootstrap(): void {
    if (!this.#isInPlace)
      throw new Error('the API is not guarded: call configureApi(app) before the application listens');
  }

  /** Whether who asks over the network has to show a token; never for what tells nothing that has to be kept. */
  needsToken(path: string): boolean {
    return this.#check !== undefined && PROTECTED.test(path);
  }

  /** Tokens this start has made, told once. */
  takeNewTokens(): NewTokens | undefined {
    const created = this.#created;
    this.#created = undefined;
    return created;
  }

  /** Put it before the body parser: what is not let in is not read. */
  get handler(): RequestHandler {
    this.#isInPlace = true;
    return this.#handle;
  }

  readonly #handle: RequestHandler = (request, response, next) => {
    if (!isLocal(request)) {
      this.#checkOrigin(request);
      this.#checkToken(request, response);
    }
    refuseOtherThanJson(request);
    next();
  };

  #checkOrigin(request: Request): void {
    const { host, origin } = request.headers;
    if (!this.#hosts.allows(request))
      throw new PalingenesisError(
        'host-not-allowed',
        `Host "${String(host)}" is not allowed; use 127.0.0.1, [::1] or localhost, or name it in http.allowed_hosts`,
      );
    if (!this.#hosts.allowsOrigin(request))
      throw new PalingenesisError(
        'origin-not-allowed',
        `Origin "${String(origin)}" is not allowed; only pages of this service may call it`,
      );
    if (isWrite(request) && FOREIGN_SITES.has(String(request.headers['sec-fetch-site'])))
      throw new PalingenesisError('origin-not-allowed', 'pages of other sites may not change anything');
  }

  #checkToken(request: Request, response: Response): void {
    if (!isWrite(request) && !PROTECTED.test(request.path)) return;
    if (this.#check === undefined) return refuseFromElsewhere(request);
    this.#failures.check(request);
    const scope = this.#check.scopeOf(request.headers.authorization);
    if (scope === 'control' || (scope === 'read' && !isWrite(request))) return;
    if (scope === 'read')
      throw new PalingenesisError(
        'scope-too-small',
        'this token only reads; changing something takes the other one',
      );
    this.#failures.count(request);
    response.setHeader('www-authenticate', 'Bearer realm="palingenesis"');
    throw new PalingenesisError(
      'token-missing',
      'a token is needed: "Authorization: Bearer …", as "palingenesis token" shows it',
    );
  }
}

/** Without tokens only this machine may ask, wherever the application around this one listens. */
function refuseFromElsewhere({ socket }: Request): void {
  if (isLoopback(addressOf(socket.localAddress) ?? '')) return;
  throw new PalingenesisError(
    'host-not-allowed',
    'requests from other machines need a token: set http.host to the address that is listened on',
  );
}

export function isWrite({ method }: Pick<Request, 'method'>): boolean {
  return !READS.has(method);
}

/** A form of a foreign page can post other types without asking first. */
function refuseOtherThanJson(request: Request): void {
  const { headers } = request;
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  if (isWrite(request) && hasBody && !JSON_TYPE.test(headers['content-type'] ?? ''))
    throw new PalingenesisError('body-not-json', 'a body has to be JSON: Content-Type: application/json');
}
