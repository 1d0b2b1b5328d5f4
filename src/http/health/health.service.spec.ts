import { expect, it } from '@jest/globals';
import type { SessionDirectory } from '../../core/ports/session-directory.js';
import type { SettingRepository } from '../../store/setting.repository.js';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { HealthService } from './health.service.js';

it('is ready when all sessions are listed, and says so while they are still being read', async () => {
  const [listed, caughtUp] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const sessions = { whenReady: () => listed.promise, whenCaughtUp: () => caughtUp.promise };
  const health = new HealthService(
    sessions as unknown as SessionDirectory,
    { set: () => Promise.resolve() } as unknown as SettingRepository,
    new FakeClock(),
  );
  health.onApplicationBootstrap();
  const monitor = async () => (await health.check()).find(({ name }) => name === 'monitor');
  expect(await monitor()).toMatchObject({ status: 'down', detail: expect.stringContaining('looked at') });
  listed.resolve();
  await listed.promise;
  expect(await monitor()).toMatchObject({ status: 'up', detail: expect.stringContaining('being read') });
  caughtUp.resolve();
  await caughtUp.promise;
  expect(await monitor()).toEqual({ name: 'monitor', status: 'up' });
});

it('tries to write, at most every five seconds, and says what stands against it', async () => {
  const clock = new FakeClock();
  const never = new Promise<void>(() => undefined);
  let tried = 0;
  let isFull = true;
  const set = (): Promise<void> => {
    tried += 1;
    return isFull ? Promise.reject(new Error('database or disk is full')) : Promise.resolve();
  };
  const health = new HealthService(
    { whenReady: () => never, whenCaughtUp: () => never } as unknown as SessionDirectory,
    { set } as unknown as SettingRepository,
    clock,
  );
  const store = async () => (await health.check()).find(({ name }) => name === 'store');
  expect(await store()).toMatchObject({ status: 'down', detail: 'database or disk is full' });
  isFull = false;
  await clock.advance(4999);
  expect(await store()).toMatchObject({ status: 'down' });
  expect(tried).toBe(1);
  await clock.advance(1);
  expect(await store()).toEqual({ name: 'store', status: 'up' });
});
