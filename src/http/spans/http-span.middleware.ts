import type { Request, RequestHandler, Response } from 'express';
import type { OpenSpan, SpanAttributes, Telemetry } from '../../core/ports/telemetry.js';
import { isQuiet, routeOf } from '../route-of.js';

/** W3C Trace Context, level 2: version, trace id, parent id, flags; all-zero ids are not valid. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT']);

/**
 * A span for each request, `http.request`, from its head to the last byte of the answer, with what the stable
 * HTTP conventions name. Put it before the body parser, so that a body nobody can parse has a span, too.
 */
export class HttpSpans {
  readonly #open = new WeakMap<Request, OpenSpan>();

  constructor(private readonly telemetry: Telemetry) {}

  readonly handler: RequestHandler = (request, response, next) => {
    if (isQuiet(request.path)) return next();
    const span = this.telemetry.start('http.request', {
      kind: 'server',
      ...placeOf(request),
      attributes: attributesOf(request),
    });
    this.#open.set(request, span);
    response.once('close', () => endSpan(span, request, response));
    this.telemetry.within(span, next);
  };

  /** Runs `work` in the span of a request; its end, for one, comes outside of it. */
  within(request: Request, work: () => void): void {
    const span = this.#open.get(request);
    if (span === undefined) work();
    else this.telemetry.within(span, work);
  }
}

function placeOf(request: Request): { parent: string } | { root: true } {
  const inbound = request.headers['traceparent'];
  return typeof inbound === 'string' && TRACEPARENT.test(inbound) ? { parent: inbound } : { root: true };
}

function methodOf({ method }: Request): string {
  return METHODS.has(method) ? method : '_OTHER';
}

function attributesOf(request: Request): SpanAttributes {
  const { path } = request;
  const method = methodOf(request);
  return { method, path, 'http.request.method': method, 'url.path': path, 'url.scheme': 'http' };
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
