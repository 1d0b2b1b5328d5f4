import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { AlreadyRunningError, lockInstance } from './instance-lock.js';

it('lets one service work on a state folder, and the next one when it has gone', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'lock-'));
  const unlock = lockInstance(dir);
  expect(() => lockInstance(dir)).toThrow(AlreadyRunningError);
  expect(() => lockInstance(dir)).toThrow(`process ${process.pid}`);
  unlock();
  lockInstance(dir)();
  await rm(dir, { recursive: true });
});
