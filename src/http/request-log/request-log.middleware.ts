import { Logger } from '@nestjs/common';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { Logs } from '../../logging/logs.js';
import { requestIdOf } from '../request-id/request-id.middleware.js';
import { isQuiet, routeOf } from '../route-of.js';

type Within = (request: Request, work: () => void) => void;

/**
 * One record per request, when its answer is through; it names the route, because a path can hold anything.
 * `within` runs what it is given in the span of the request, whose ids belong into the record.
 */
export function requestLog(
  logs: Pick<Logs, 'level'>,
  within: Within = (_request, work) => work(),
): RequestHandler {
  const log = new Logger('Http');
  return (request: Request, response: Response, next: NextFunction): void => {
    const startedMs = performance.now();
    const tell = (): void => {
      const isWarning = response.statusCode >= 500 && !isQuiet(request.path);
      if (!isWarning && logs.level !== 'debug') return;
      const fields = fieldsOf(request, response, performance.now() - startedMs);
      if (isWarning) log.warn('request failed', fields);
      else log.debug('request', fields);
    };
    response.once('close', () => within(request, tell));
    next();
  };
}

function fieldsOf(request: Request, response: Response, durationMs: number): object {
  return {
    method: request.method,
    route: routeOf(request) ?? null,
    status: response.statusCode,
    request_id: requestIdOf(request) ?? null,
    duration_ms: Math.round(durationMs * 10) / 10,
    ...(response.writableFinished ? {} : { aborted: true }),
  };
}
