import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { MetricRegistry } from '../../telemetry/metrics/metric-registry.js';

/**
 * Counts every request. It listens to the server itself: what the body parser or the access check turns away
 * never comes as far as a middleware of Nest.
 */
@Injectable()
export class RequestMetrics implements OnModuleInit {
  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly metrics: MetricRegistry,
  ) {}

  onModuleInit(): void {
    const requests = this.metrics.counter('palingenesis_http_requests_total');
    const durations = this.metrics.histogram('palingenesis_http_request_duration_seconds');
    const server: unknown = this.adapterHost.httpAdapter.getHttpServer();
    if (!(server instanceof EventEmitter)) return;
    server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
      // A stopwatch, not the time of day: the wall clock counts whole milliseconds and may jump.
      const startedMs = performance.now();
      response.once('close', () => {
        const labels = { method: request.method ?? '', route: routeOf(request), status: statusOf(response) };
        requests.add(1, labels);
        durations.record((performance.now() - startedMs) / 1000, labels);
      });
    });
  }
}

/** The pattern Express has found for it. Where only a wildcard matched, there is no route: "other". */
function routeOf(request: IncomingMessage): string {
  const route: unknown = 'route' in request ? request.route : undefined;
  const isRoute = typeof route === 'object' && route !== null && 'path' in route;
  const path = isRoute ? String(route.path) : '*';
  return path.includes('*') ? 'other' : path;
}

function statusOf({ headersSent, statusCode }: ServerResponse): string {
  return headersSent ? `${Math.floor(statusCode / 100)}xx` : 'aborted';
}
