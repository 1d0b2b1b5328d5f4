import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { OpenSpan, Telemetry } from '../../core/ports/telemetry.js';
import { isQuiet, routeOf } from '../route-of.js';

/** W3C Trace Context, level 2: version, trace id, parent id, flags; all-zero ids are not valid. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT']);

/**
 * A span for each request, `http.request`, from its head to the last byte of the answer, with what the stable
 * HTTP conventions name. Put it before the body parser, so that a body nobody can parse has a span, too.
 */
export function httpSpans(telemetry: Telemetry): RequestHandler {
  return (request: Request, response: Response, next: NextFunction): void => {
    if (isQuiet(request.path)) return next();
    const span = telemetry.start('http.request', {
      kind: 'server',
      ...placeOf(request),
      attributes: { method: methodOf(request), path: request.path, ...conventions(request) },
    });
    response.once('close', () => endSpan(span, request, response));
    telemetry.within(span, next);
  };
}

function placeOf(request: Request): { parent: string } | { root: true } {
  const inbound = request.headers['traceparent'];
  return typeof inbound === 'string' && TRACEPARENT.test(inbound) ? { parent: inbound } : { root: true };
}

function methodOf({ method }: Request): string {
  return METHODS.has(method) ? method : '_OTHER';
}

function conventions(request: Request): Record<string, string> {
  return {
    'http.request.method': methodOf(request),
    'url.path': request.path,
    'url.scheme': request.protocol,
  };
}

function endSpan(span: OpenSpan, request: Request, response: Response): void {
  const { statusCode } = response;
  const route = routeOf(request);
  span.set({
    status_code: statusCode,
    'http.response.status_code': statusCode,
    ...(route === undefined ? {} : { route, 'http.route': route }),
    ...(response.writableFinished ? {} : { aborted: true }),
    ...(statusCode >= 500 ? { 'error.type': String(statusCode) } : {}),
  });
  if (statusCode >= 500) span.fail(`answered ${statusCode}`);
  span.end();
}
