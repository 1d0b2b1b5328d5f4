import { expect, it } from '@jest/globals';
import type { SessionDirectory } from '../../core/ports/session-directory.js';
import type { PauseRepository } from '../../store/pause.repository.js';
import { HealthService } from './health.service.js';

it('is ready when all sessions are listed, and says so while they are still being read', async () => {
  const [listed, caughtUp] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const sessions = { whenReady: () => listed.promise, whenCaughtUp: () => caughtUp.promise };
  const health = new HealthService(
    sessions as unknown as SessionDirectory,
    { isPaused: () => Promise.resolve(false) } as unknown as PauseRepository,
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
