import { describe, expect, it, jest } from '@jest/globals';
import type { Request, Response } from 'express';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { testConfig } from '../../../test/support/test-config.js';
import { Access } from './access.js';

/** A request that came in at an address of this machine. */
const requestAt = (localAddress: string, path: string): Request =>
  ({ method: 'GET', path, headers: { host: 'localhost' }, socket: { localAddress } }) as unknown as Request;

describe('access without tokens', () => {
  const access = new Access(testConfig('/nowhere'), new FakeClock());
  access.onModuleInit();

  it('keeps an application from starting where nothing checks requests', () => {
    expect(() => access.onApplicationBootstrap()).toThrow('configureApi(app)');
    void access.handler;
    expect(() => access.onApplicationBootstrap()).not.toThrow();
  });

  it.each(['127.0.0.1', '::1', '::ffff:127.0.0.1'])('lets in what comes in at %s', (address) => {
    const next = jest.fn();
    access.handler(requestAt(address, '/api/v1/status'), {} as Response, next);
    expect(next).toHaveBeenCalledTimes(1);
  });

  it.each(['10.0.0.5', '::ffff:10.0.0.5', 'fe80::1'])('turns away what comes in at %s', (address) => {
    const ask = () => access.handler(requestAt(address, '/api/v1/status'), {} as Response, jest.fn());
    expect(ask).toThrow('requests from other machines need a token');
  });
});
