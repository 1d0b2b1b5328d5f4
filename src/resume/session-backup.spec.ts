import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { aSession } from '../../test/support/an-episode.js';
import { FakeClock } from '../../test/support/fake-clock.js';
import { testConfig } from '../../test/support/test-config.js';
import { ClaudeCodeAdapter } from '../agents/claude-code/claude-code.adapter.js';
import type { AgentCatalog } from '../agents/agent-catalog.js';
import type { AttachedWorkflow } from '../core/workflow.js';
import { UNTOLD } from '../core/workflow.js';
import { NextPrompts } from './next-prompt.js';
import { SessionBackups } from './session-backup.js';
import { SessionStory } from './session-story.js';

const PROMPT = JSON.stringify({ type: 'user', message: { content: 'build the thing' }, uuid: 'u' });
let dir: string;
let clock: FakeClock;
let story: SessionStory;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'backup-'));
  await mkdir(join(dir, 'project'));
  await writeFile(join(dir, 'session.jsonl'), `${PROMPT}\n`);
  clock = new FakeClock();
  const agent = new ClaudeCodeAdapter(testConfig(dir));
  story = new SessionStory(testConfig(dir), { get: () => agent } as unknown as AgentCatalog);
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const session = () =>
  aSession({
    path: join(dir, 'session.jsonl'),
    view: { ...aSession().view, cwd: join(dir, 'project') },
  });
const backups = (...flags: string[]) => new SessionBackups(testConfig(dir, ...flags), clock, story);

describe('SessionBackups', () => {
  it('copies the records, named by the time in UTC, for their owner alone', async () => {
    const path = (await backups().backUp(session())) ?? '';
    expect(path).toMatch(/\/backups\/session-backup-\d{8}-\d{6}-claude-code-session-1\.jsonl$/);
    expect(await readFile(path, 'utf8')).toBe(`${PROMPT}\n`);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('keeps the newest, and nothing of anybody else', async () => {
    const kept = backups('--resume.backups_keep=2');
    await mkdir(kept.folder, { recursive: true });
    await writeFile(join(kept.folder, 'a-file-of-mine'), '');
    for (let count = 0; count < 4; count += 1) {
      await kept.backUp(session());
      await clock.advance(1000);
    }
    const names = await readdir(kept.folder);
    expect(names).toHaveLength(3);
    expect(names).toContain('a-file-of-mine');
  });

  it('makes none where none is to be kept', async () => {
    expect(await backups('--resume.backups_keep=0').backUp(session())).toBeUndefined();
  });

  it('costs no more than a warning where it cannot be made', async () => {
    const failing = backups();
    await mkdir(join(failing.folder, '..'), { recursive: true });
    await writeFile(failing.folder, 'in the way');
    expect(await failing.backUp(session())).toBeUndefined();
    await rm(failing.folder);
    const gone = { ...session(), path: join(dir, 'gone.jsonl') };
    expect(await failing.backUp(gone)).toBeUndefined();
    expect(await readdir(failing.folder)).toEqual([]);
  });
});

describe('NextPrompts', () => {
  const promptOf = (workflow?: AttachedWorkflow) =>
    new NextPrompts(testConfig(dir), { workflowOf: () => workflow }, story).of(session());
  const workflow = { file: '/w/story.md', nextStepFile: undefined, changedMs: 0 };

  it('takes the Next-step.md of the working directory before all else', async () => {
    await writeFile(join(dir, 'project', 'next-step.md'), 'Paint it.\n');
    const found = await promptOf({ ...workflow, workflow: { ...UNTOLD, nextStep: 3, totalSteps: 5 } });
    expect(found).toMatchObject({ from: 'next-step', text: expect.stringContaining('Paint it.') });
  });

  it('takes that of the workflow next, unless it is empty or cannot be read', async () => {
    const nextStepFile = join(dir, 'Next-step.md');
    await writeFile(nextStepFile, 'Saw it.');
    expect((await promptOf({ ...workflow, nextStepFile, workflow: UNTOLD }))?.text).toContain('Saw it.');
    await writeFile(nextStepFile, ' \n');
    expect((await promptOf({ ...workflow, nextStepFile, workflow: UNTOLD }))?.from).toBe('handover');
  });

  it('takes the next step of the front matter, then the records', async () => {
    const step = { ...UNTOLD, nextStep: 3, totalSteps: 5, stepsCompleted: [1, 2] };
    const told = await promptOf({ ...workflow, workflow: step });
    expect(told).toMatchObject({ from: 'workflow', text: expect.stringMatching(/Step 3 of 5.*Done: 1, 2/s) });
    const recorded = await promptOf({ ...workflow, workflow: UNTOLD });
    expect(recorded).toMatchObject({ from: 'handover', text: expect.stringContaining('build the thing') });
  });

  it('is nothing where nothing says what the work is', async () => {
    await writeFile(join(dir, 'session.jsonl'), '{}\n');
    expect(await promptOf()).toBeUndefined();
  });
});
