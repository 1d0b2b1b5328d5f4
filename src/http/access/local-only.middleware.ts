import type { NextFunction, Request, Response } from 'express';
import { ForbiddenException } from '@nestjs/common';
import { isLoopback } from '../../core/loopback.js';
import { isLocal } from '../ipc/local-request.js';

/**
 * Lets in only requests that were meant for this machine: a page of a foreign site that reaches the port
 * through a name it controls (DNS rebinding) or through the browser's own requests is turned away.
 */
export function localOnly(request: Request, _response: Response, next: NextFunction): void {
  if (isLocal(request)) return next();
  const { host, origin } = request.headers;
  if (host === undefined || !isLoopback(host.replace(/:\d+$/, '')))
    throw new ForbiddenException(`Host "${String(host)}" is not allowed; use 127.0.0.1, [::1] or localhost`);
  if (origin !== undefined && !isOwnOrigin(origin, host))
    throw new ForbiddenException(`Origin "${origin}" is not allowed; only pages of this service may call it`);
  next();
}

function isOwnOrigin(origin: string, host: string): boolean {
  return origin === `http://${host}`;
}
