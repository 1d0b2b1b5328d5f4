import { chmod, mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { startService, type ServiceProcess } from '../support/service-process.js';

jest.setTimeout(120_000);

const FAKE = fileURLToPath(new URL('../support/fake-claude.mjs', import.meta.url));

type Answer = { episodes: { state: string; why: string; attempts: number }[]; runs: { kind: string }[] };

let dir: string;
let services: ServiceProcess[];
beforeEach(async () => {
  dir = await realpath(await mkdtemp(join(tmpdir(), 'two-')));
  await mkdir(join(dir, 'project'));
  await mkdir(join(dir, '.claude'));
  await writeFile(join(dir, 'claude'), `#!/bin/sh\nexec '${process.execPath}' '${FAKE}' "$@"\n`);
  await chmod(join(dir, 'claude'), 0o755);
  const env = { HOME: dir, PATH: '/usr/bin:/bin' };
  const start = (name: string) =>
    startService({
      env,
      stateDir: join(dir, name),
      command: join(dir, 'claude'),
      settings: { 'resume.margin_structured_s': '0.2', 'ipc.socket': join(dir, `${name}.sock`) },
    });
  services = [];
  for (const name of ['one', 'two']) services.push(await start(name));
});
afterEach(async () => {
  await Promise.all(services.map((service) => service.stop()));
  await rm(dir, { recursive: true, force: true });
});

const isOver = (answer: unknown): answer is Answer => {
  const { episodes } = answer as Answer;
  return episodes.some(({ state }) => ['saved', 'cancelled', 'parked'].includes(state));
};

describe('two services on one home', () => {
  it('resume a session once', async () => {
    const [one, two] = services;
    if (one === undefined || two === undefined) throw new Error('two services were to be started');
    const launched = await one.post('/api/v1/sessions', { cwd: join(dir, 'project'), prompt: 'limit-once' });
    const path = `/api/v1/sessions/${(launched as { id: string }).id}`;
    const seen = [await one.until(path, isOver), await two.until(path, isOver)];
    const resumes = seen.flatMap(({ runs }) => runs.filter(({ kind }) => kind === 'resume'));
    expect(resumes).toHaveLength(1);
    expect(seen.flatMap(({ episodes }) => episodes.map(({ state }) => state)).toSorted()).toEqual([
      'cancelled',
      'saved',
    ]);
    expect(await readdir(join(dir, '.claude'))).toContain('palingenesis-leases.db');
  });
});
