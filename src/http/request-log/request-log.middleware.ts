import { AsyncResource } from 'node:async_hooks';
import { Logger } from '@nestjs/common';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { Logs } from '../../logging/logs.js';
import { isQuiet, routeOf } from '../route-of.js';

/** One record per request, when its answer is through; it names the route, because a path can hold anything. */
export function requestLog(logs: Pick<Logs, 'level'>): RequestHandler {
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
    // The end of the answer comes outside of the span, whose ids belong into the record.
    response.once('close', AsyncResource.bind(tell));
    next();
  };
}

function fieldsOf(request: Request, response: Response, durationMs: number): object {
  return {
    method: request.method,
    route: routeOf(request) ?? null,
    status: response.statusCode,
    duration_ms: Math.round(durationMs * 10) / 10,
    ...(response.writableFinished ? {} : { aborted: true }),
  };
}
