import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { isAlive } from '../support/is-alive.js';
import { startService, type ServiceProcess } from '../support/service-process.js';
import { until } from '../support/until.js';

jest.setTimeout(60_000);

const FAKE = fileURLToPath(new URL('../support/fake-claude.mjs', import.meta.url));
const MAX_WHY_CHARS = 500;
const SETTINGS = {
  'resume.margin_structured_s': '0.2',
  'resume.max_without_progress': '1',
  'resume.progress_timeout_s': '1',
  'resume.kill_grace_s': '0.3',
};

type Episode = { state: string; why: string; attempts: number };
type Answer = { episodes: Episode[]; runs: { kind: string; pid: number }[] };

let dir: string;
let program: string;
let service: ServiceProcess;
beforeEach(async () => {
  dir = await realpath(await mkdtemp(join(tmpdir(), 'adversity-')));
  program = join(dir, 'claude');
  await mkdir(join(dir, 'project'));
  await resumesWith('');
  const env = { HOME: dir, PATH: '/usr/bin:/bin' };
  service = await startService({ env, stateDir: join(dir, 'state'), command: program, settings: SETTINGS });
});
afterEach(async () => {
  await service.stop();
  await rm(dir, { recursive: true, force: true });
});

/** The agent meets a limit as ever; when it is resumed it does this instead of its work. */
async function resumesWith(shell: string): Promise<void> {
  const instead = shell === '' ? '' : `case "$*" in *--resume*) ${shell};; esac\n`;
  await writeFile(program, `#!/bin/sh\n${instead}exec '${process.execPath}' '${FAKE}' "$@"\n`);
  await chmod(program, 0o755);
}

const isParked = (answer: unknown): answer is Answer =>
  (answer as Answer).episodes.some(({ state }) => state === 'parked');

async function untilParked(meanwhile?: () => Promise<void>): Promise<Answer & { episode: Episode }> {
  const launched = await service.post('/api/v1/sessions', {
    cwd: join(dir, 'project'),
    prompt: 'limit-once',
  });
  const path = `/api/v1/sessions/${(launched as { id: string }).id}`;
  await service.until(path, (answer) => (answer as Answer).episodes.length === 1);
  await meanwhile?.();
  const answer = await service.until(path, isParked, 40_000);
  const [episode] = answer.episodes;
  if (episode === undefined) throw new Error('there is no episode');
  expect(await service.get('/health')).toMatchObject({ status: 'up' });
  expect(episode.why.length).toBeLessThan(MAX_WHY_CHARS);
  return { ...answer, episode };
}

describe('an agent that cannot be resumed parks its episode, and says why:', () => {
  it('it has ten thousand lines of errors to say', async () => {
    await resumesWith('seq -f "error %g of many" 10000 >&2; exit 7');
    const { episode } = await untilParked();
    expect(episode).toMatchObject({ attempts: 1, why: expect.stringContaining('without progress') });
  });

  it('it hangs, and is ended with all it has started', async () => {
    await resumesWith('trap "" TERM; sleep 600; exit 0');
    const { episode, runs } = await untilParked();
    expect(episode).toMatchObject({ attempts: 1, why: expect.stringContaining('without progress') });
    const pid = runs.find(({ kind }) => kind === 'resume')?.pid ?? 0;
    await until(async () => (isAlive(-pid) ? undefined : true), {
      timeoutMs: 5000,
      failure: () => `group ${pid} is still there`,
    });
  });

  it('its program is gone', async () => {
    const { episode } = await untilParked(() => rm(program));
    expect(episode).toMatchObject({ attempts: 0, why: expect.stringContaining(program) });
  });
});
