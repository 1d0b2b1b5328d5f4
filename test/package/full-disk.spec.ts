import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { startService, type ServiceProcess } from '../support/service-process.js';

jest.setTimeout(60_000);

const FAKE = fileURLToPath(new URL('../support/fake-claude.mjs', import.meta.url));
const SIZE_BYTES = 4 * 1024 * 1024;

type Episode = { state: string; attempts: number; stop: { reset: { source: string } | null } };
type Answer = { episodes: Episode[] };

let dir: string;
let state: string;
let service: ServiceProcess;
/** A file system of its own, which only who may mount can make. */
beforeEach(async () => {
  dir = await realpath(await mkdtemp(join(tmpdir(), 'full-disk-')));
  state = join(dir, 'state');
  await mkdir(join(dir, 'project'));
  await mkdir(state);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_BYTES}`, 'tmpfs', state]);
  const program = join(dir, 'claude');
  await writeFile(program, `#!/bin/sh\nexec '${process.execPath}' '${FAKE}' "$@"\n`, { mode: 0o755 });
  const settings = {
    'resume.margin_structured_s': '2',
    'resume.min_free_mb': '0',
    'resume.clock_check_s': '1',
  };
  const env = { HOME: dir, PATH: '/usr/bin:/bin' };
  service = await startService({ env, stateDir: state, command: program, settings });
});
afterEach(async () => {
  await service.stop();
  execFileSync('umount', ['-l', state]);
  await rm(dir, { recursive: true, force: true });
});

it('a disk that is full holds everything back, says so, and loses and repeats nothing', async () => {
  const launched = await service.post('/api/v1/sessions', {
    cwd: join(dir, 'project'),
    prompt: 'limit-once',
  });
  const path = `/api/v1/sessions/${(launched as { id: string }).id}`;
  const isExact = (answer: unknown) => (answer as Answer).episodes[0]?.stop.reset?.source === 'structured';
  await service.until(path, isExact);
  await expect(writeFile(join(state, 'fill'), Buffer.alloc(SIZE_BYTES))).rejects.toThrow('ENOSPC');
  const says = async (part: string) => {
    const response = await fetch(new URL(part, service.url));
    return { status: response.status, text: await response.text() };
  };
  await service.until('/health/live', hasFailed);
  expect(await says('/health/ready')).toMatchObject({
    status: 503,
    text: expect.stringContaining('is full'),
  });
  await expect(service.post('/api/v1/pause')).rejects.toThrow(/ 503 .*is full.*store-unavailable/);
  expect(await service.get(path)).toMatchObject({ episodes: [{ state: 'waiting', attempts: 0 }] });
  await rm(join(state, 'fill'));
  const saved = await service.until(path, (answer) => (answer as Answer).episodes[0]?.state === 'saved');
  expect(saved).toMatchObject({ episodes: [{ attempts: 1 }], state: 'completed' });
});

/** Its due resume could not be stored. */
function hasFailed(): boolean {
  return /"context":"Turns".*cannot be written/.test(service.output());
}
