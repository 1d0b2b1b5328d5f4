import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { NextFunction, Request, Response } from 'express';

const HEADER = 'x-request-id';
const FIT = /^[\w.:-]{1,64}$/;

/** Gives every request an id, the caller's own where it has a fit one, and tells it with the answer. */
export function requestId(request: Request, response: Response, next: NextFunction): void {
  const given = request.headers[HEADER];
  const id = typeof given === 'string' && FIT.test(given) ? given : randomUUID();
  request.headers[HEADER] = id;
  response.setHeader(HEADER, id);
  next();
}

/** The id of a request that has come through the middleware. */
export function requestIdOf({ headers }: IncomingMessage): string | undefined {
  const id = headers[HEADER];
  return typeof id === 'string' ? id : undefined;
}
