import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LeaseFile } from './lease-file.js';

const DAY_MS = 86_400_000;

let dir: string;
let path: string;
let file: LeaseFile;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'leases-'));
  path = join(dir, 'leases.db');
  file = new LeaseFile(path);
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const take = (owner: string, nowMs: number, sessionId = 's') =>
  file.take({ sessionId, owner, nowMs, expiresAtMs: nowMs + 60 });

describe('LeaseFile', () => {
  it('gives a session to one owner until the lease runs out, with a token that only grows', () => {
    expect(take('a', 0)).toEqual({ owner: 'a', token: 1, expiresAtMs: 60 });
    expect(take('b', 59)).toEqual({ owner: 'a', token: 1, expiresAtMs: 60 });
    expect(take('b', 0, 'other')).toMatchObject({ owner: 'b', token: 1 });
    expect(take('b', 60)).toEqual({ owner: 'b', token: 2, expiresAtMs: 120 });
    expect(take('b', 61)).toMatchObject({ owner: 'b', token: 3 });
  });

  it('prolongs what is held, under the newest token only', () => {
    const { token } = take('a', 0);
    expect(file.prolong('s', token, 'a', 100)).toBe(true);
    expect(take('b', 99)).toMatchObject({ owner: 'a' });
    take('b', 100);
    expect(file.prolong('s', token, 'a', 200)).toBe(false);
    expect(file.prolong('s', 2, 'a', 200)).toBe(false);
    expect(file.prolong('s', 2, 'b', 0)).toBe(true);
    expect(take('a', 101)).toMatchObject({ owner: 'a', token: 3 });
  });

  it('forgets what has run out long ago', () => {
    take('a', 0);
    take('a', 31 * DAY_MS, 'other');
    expect(take('b', 31 * DAY_MS)).toMatchObject({ token: 1 });
  });

  it('is for its owner only, and is made anew when it was removed', async () => {
    take('a', 0);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await rm(path);
    expect(take('b', 1)).toMatchObject({ owner: 'b', token: 1 });
  });

  it('throws where it cannot be kept', async () => {
    await writeFile(path, 'something else altogether');
    expect(() => take('a', 0)).toThrow('not a database');
    expect(() => new LeaseFile(join(dir, 'none', 'leases.db')).prolong('s', 1, 'a', 1)).toThrow('ENOENT');
  });
});
