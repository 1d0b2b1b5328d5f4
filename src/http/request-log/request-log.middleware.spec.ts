import { AsyncLocalStorage } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import { Logger } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { LogLevel } from '../../config/settings.js';
import { requestLog } from './request-log.middleware.js';

const span = new AsyncLocalStorage<string>();
let said: unknown[];
beforeEach(() => {
  said = [];
  const say = (level: string) => (message: string, fields: object) =>
    void said.push({ level, message, ...fields, span: span.getStore() });
  Logger.overrideLogger({ log: say('log'), warn: say('warn'), error: say('error'), debug: say('debug') });
});
afterEach(() => {
  Logger.overrideLogger(false);
});

function answer(level: LogLevel, path: string, status: number, isComplete = true): void {
  const headers = { 'x-request-id': 'r-1' };
  const request = { method: 'GET', path, headers, baseUrl: '', route: { path: '/api/v1/sessions/:id' } };
  const response = Object.assign(new EventEmitter(), { statusCode: status, writableFinished: isComplete });
  const log = requestLog({ level }, (_request, work) => span.run('of the request', work));
  log(request as unknown as Request, response as unknown as Response, () => undefined);
  response.emit('close');
}

describe('requestLog', () => {
  it('tells at debug the route, in the span of the request', () => {
    answer('debug', '/api/v1/sessions/s-1', 200);
    expect(said).toEqual([
      {
        level: 'debug',
        message: 'request',
        method: 'GET',
        route: '/api/v1/sessions/:id',
        status: 200,
        request_id: 'r-1',
        duration_ms: expect.any(Number),
        span: 'of the request',
      },
    ]);
  });

  it('warns of what failed here, and is silent of the rest', () => {
    answer('info', '/api/v1/sessions/s-1', 200);
    answer('info', '/api/v1/sessions/s-1', 404);
    answer('info', '/api/v1/sessions/s-1', 500);
    expect(said).toMatchObject([{ level: 'warn', message: 'request failed', status: 500 }]);
  });

  it.each(['/health', '/health/ready', '/metrics', '/api/v1/metrics'])('never warns of %s', (path) => {
    answer('info', path, 503);
    answer('debug', path, 503);
    expect(said).toMatchObject([{ level: 'debug', status: 503 }]);
  });

  it('names a request that was given up', () => {
    answer('debug', '/api/v1/events', 200, false);
    expect(said).toMatchObject([{ aborted: true }]);
  });
});
