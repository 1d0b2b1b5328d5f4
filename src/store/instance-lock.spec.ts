import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { AlreadyRunningError, lockInstance, StateFolderError } from './instance-lock.js';

it('lets one service work on a state folder, and the next one when it has gone', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'lock-'));
  const unlock = lockInstance(dir);
  expect(() => lockInstance(dir)).toThrow(AlreadyRunningError);
  expect(() => lockInstance(dir)).toThrow(`process ${process.pid}`);
  unlock();
  lockInstance(dir)();
  await rm(dir, { recursive: true });
});

it('says which folder cannot be used, and what to do', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'lock-'));
  const taken = join(dir, 'file');
  await writeFile(taken, '');
  for (const folder of [taken, join(taken, 'state')]) {
    expect(() => lockInstance(folder)).toThrow(StateFolderError);
    expect(() => lockInstance(folder)).toThrow(`${folder} cannot be written`);
  }
  await rm(dir, { recursive: true });
});
