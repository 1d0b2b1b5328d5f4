import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ExampleApp, writeSessions } from '../support/example-app.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const EXAMPLE = join(ROOT, 'examples/custom-modules');
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
const run = promisify(execFile);

let home: string;
let app: ExampleApp;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'example-'));
  await run(process.execPath, [TSC, '--project', join(EXAMPLE, 'tsconfig.build.json')]);
  await writeSessions(home);
  app = await ExampleApp.start(EXAMPLE, home);
}, 60_000);
afterAll(() => rm(home, { recursive: true, force: true }));

describe('an application of your own', () => {
  it('has its agent resumed at the reset by its own strategy, and hears of the save', async () => {
    expect(await app.untilSaved()).toMatchObject({
      sessions: expect.arrayContaining(['scribe/at-a-limit', 'scribe/logged-out']),
    });
    expect(await app.records('at-a-limit')).toMatchObject([
      { type: 'prompt' },
      { type: 'failed', why: 'limit' },
      { type: 'prompt', text: 'Sum up the last page, then go on.' },
      { type: 'work' },
      { type: 'end' },
    ]);
  }, 30_000);

  it('has its channel told what a human must do', async () => {
    expect(await app.notebook()).toMatch(/^scribe: a session needs you \(auth\): .+\n$/);
    expect(await app.records('logged-out')).toHaveLength(2);
  });

  it('shows no route of ours unasked', async () => {
    for (const path of ['/api/v1/status', '/metrics', '/health', '/'])
      expect((await app.get(path)).status).toBe(404);
  });

  it('keeps a second one away from its state, and ends when asked', async () => {
    await expect(ExampleApp.start(EXAMPLE, home)).rejects.toThrow('another palingenesis (process');
    expect(await app.stop()).toBe('SIGTERM');
  }, 20_000);
});
