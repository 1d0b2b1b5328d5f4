import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { linesOf, recordings } from '../contracts/recordings.js';
import { startService, type ServiceProcess } from '../support/service-process.js';

const inRepo = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const BUILD_MS = 300_000;
const PROJECT = '/home/dev/project';

let home: string;
let cwd: string;
let story: string;
let id: string;
let service: ServiceProcess;

/** A session of Claude Code as it leaves one, in `cwd`. */
async function writeSession(): Promise<string> {
  const recording = recordings('claude-code').find(({ scenario }) => scenario === 'completed');
  const file = recording?.files.find((name) => name.startsWith('projects/'));
  if (recording === undefined || file === undefined) throw new Error('the recording is missing');
  const folder = join(home, '.claude/projects', cwd.replaceAll(/[^a-zA-Z0-9]/g, '-'));
  const name = /[^/]+$/.exec(file)?.[0] ?? '';
  await mkdir(folder, { recursive: true });
  const lines = linesOf(recording, file).map((line) => line.replaceAll(PROJECT, cwd));
  await writeFile(join(folder, name), `${lines.join('\n')}\n`);
  return name.replace('.jsonl', '');
}

const writeStory = (...frontMatter: readonly string[]): Promise<void> =>
  writeFile(story, ['---', ...frontMatter, '---', '# Story', ''].join('\n'));

const untilShown = (words: string): Promise<unknown> =>
  service.until(`/api/v1/sessions/${id}`, (session) => JSON.stringify(session).includes(words));

const warnings = (): number =>
  service
    .output()
    .split('\n')
    .filter((line) => line.includes(`${story}, line`)).length;

beforeAll(async () => {
  await promisify(execFile)('node', [inRepo('scripts/setup.mjs'), '--build'], { timeout: BUILD_MS });
  home = await realpath(await mkdtemp(join(tmpdir(), 'workflows-')));
  cwd = join(home, 'project');
  story = join(cwd, 'docs/workflow/story.md');
  await mkdir(join(story, '..'), { recursive: true });
  await writeStory('stepsCompleted: [1]', 'lastStep: 1', 'status: in-progress', 'totalSteps: 4');
  id = await writeSession();
  service = await startService({
    env: { HOME: home, PATH: process.env['PATH'] ?? '' },
    stateDir: join(home, 'state'),
    settings: { 'workflow.folders': 'docs/workflow' },
  });
}, BUILD_MS);
afterAll(async () => {
  await service.stop();
  await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
});

describe('a workflow in the folder of a session', () => {
  it('is shown with the session', async () => {
    expect(await untilShown('"progress":0.25')).toMatchObject({
      workflow: {
        file: story,
        status: 'in_progress',
        status_text: 'in-progress',
        steps_completed: [1],
        last_step: 1,
        total_steps: 4,
        progress: 0.25,
        next_step: 2,
        next_step_file: null,
        changed_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      },
    });
    expect(await service.get('/api/v1/sessions')).toMatchObject({
      sessions: [{ workflow: { file: story } }],
    });
  });

  it('progresses with its file, and shows where the next step is told', async () => {
    const nextStepFile = join(story, '../Next-step.md');
    await writeFile(nextStepFile, 'Write the tests.');
    await writeStory("stepsCompleted: [1, 'design']", 'lastStep: design', 'totalSteps: 4');
    expect(await untilShown('"progress":0.5')).toMatchObject({
      workflow: {
        status: null,
        steps_completed: [1, 'design'],
        last_step: 'design',
        next_step: null,
        next_step_file: nextStepFile,
      },
    });
  });

  it('keeps its state while the file is broken, which is said once, with the line', async () => {
    await writeStory('stepsCompleted: [1, 2, 3', 'lastStep: 3', 'totalSteps: 4');
    await service.until('/health', () => warnings() > 0);
    expect(service.output()).toContain(`${story}, line 2: no YAML: `);
    await writeStory('stepsCompleted: [1, 2, 3', 'lastStep: 3', 'totalSteps: 4', '# still');
    expect(await service.get(`/api/v1/sessions/${id}`)).toMatchObject({ workflow: { progress: 0.5 } });
    await writeStory('stepsCompleted: [1, 2, 3]', 'lastStep: 3', 'totalSteps: 4');
    await untilShown('"progress":0.75');
    expect(warnings()).toBe(1);
  });

  it('is a line of the command', async () => {
    const args = [inRepo('bin/palingenesis.mjs'), '--url', service.url, 'sessions', id];
    const { stdout } = await promisify(execFile)(process.execPath, args, { env: { HOME: home, PATH: '' } });
    expect(stdout).toContain(`\nworkflow         75 %, last step 3, next step 4, ${story}, `);
  });
});
