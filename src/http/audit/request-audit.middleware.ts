import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { EventBus } from '../../core/ports/event-bus.js';
import { isWrite } from '../access/access.js';
import { addressOf } from '../access/own-host.js';
import { isLocal } from '../ipc/local-request.js';
import { requestIdOf } from '../request-id/request-id.middleware.js';
import { routeOf } from '../route-of.js';

/** Reports of hooks change nothing by themselves, and there are as many of them as agents have tools to call. */
const REPORTS = '/api/v1/signals/:agent';

/** Tells of every request that changes something, or was refused to, when its answer is through. */
export function requestAudit(bus: EventBus): RequestHandler {
  return (request: Request, response: Response, next: NextFunction): void => {
    if (!isWrite(request) || request.method === 'OPTIONS') return next();
    const origin = isLocal(request) ? 'socket' : (addressOf(request.socket.remoteAddress) ?? 'unknown');
    response.once('close', () => {
      const route = routeOf(request);
      const { statusCode: status } = response;
      if (route === REPORTS && status < 300) return;
      const { method } = request;
      bus.publish({
        type: 'request-audited',
        method,
        route,
        origin,
        status,
        requestId: requestIdOf(request),
      });
    });
    next();
  };
}
