import { mkdir, mkdtemp, realpath, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { aSession } from '../../../test/support/an-episode.js';
import { ScriptedSessions } from '../../../test/support/engine-world.js';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { testConfig } from '../../../test/support/test-config.js';
import { until } from '../../../test/support/until.js';
import type { EventOf } from '../../core/events.js';
import type { SessionSnapshot } from '../../core/session.js';
import type { AttachedWorkflow } from '../../core/workflow.js';
import { LocalEventBus } from '../../platform/local-event-bus.js';
import { WorkflowWatch } from './workflow-watch.js';

let dir: string;
let clock: FakeClock;
let bus: LocalEventBus;
let sessions: ScriptedSessions;
let watch: WorkflowWatch | undefined;
let warnings: unknown[];
let progressed: EventOf<'workflow-progressed'>[];
let unreadable: EventOf<'workflow-unreadable'>[];

beforeEach(async () => {
  dir = await realpath(await mkdtemp(join(tmpdir(), 'workflows-')));
  clock = new FakeClock(Date.now());
  bus = new LocalEventBus();
  sessions = new ScriptedSessions();
  [warnings, progressed, unreadable] = [[], [], []];
  bus.on('workflow-progressed', (event) => progressed.push(event));
  bus.on('workflow-unreadable', (event) => unreadable.push(event));
  jest.spyOn(Logger.prototype, 'warn').mockImplementation((message: unknown) => warnings.push(message));
});
afterEach(async () => {
  watch?.onApplicationShutdown();
  jest.restoreAllMocks();
  await rm(dir, { recursive: true, force: true });
});

async function start(folders: string, ...argv: string[]): Promise<WorkflowWatch> {
  const config = testConfig(dir, `--workflow.folders=${folders}`, ...argv);
  watch = new WorkflowWatch(config, clock, bus, sessions);
  watch.onApplicationBootstrap();
  await watch.whenReady();
  return watch;
}

const steps = (last: number, ...more: readonly string[]): string =>
  ['---', `lastStep: ${last}`, 'totalSteps: 4', ...more, '---', '# Story', ''].join('\n');

/** Writes a file and, as real files have it, each time later than the one before. */
async function write(path: string, text: string, ageS = 0): Promise<string> {
  const full = join(dir, path);
  await mkdir(join(full, '..'), { recursive: true });
  if (ageS === 0) {
    await writeFile(full, text);
    return full;
  }
  // It appears with its age, or it could be read before it has it.
  const made = `${full}.made`;
  await writeFile(made, text);
  await utimes(made, Date.now() / 1000 - ageS, Date.now() / 1000 - ageS);
  await rename(made, full);
  return full;
}

function sessionIn(cwd: string, change: Partial<SessionSnapshot> = {}): SessionSnapshot {
  const session = aSession({ id: `session in ${cwd}`, view: { ...aSession().view, cwd }, ...change });
  sessions.known.set(session.id, session);
  return session;
}

/** What a session there would get, were there one. */
const at = (cwd: string): AttachedWorkflow | undefined =>
  watch?.workflowOf(aSession({ view: { ...aSession().view, cwd } }));

/** The system tells of changes in its own time; what it leads to waits for the clock. */
const eventually = (check: () => unknown): Promise<unknown> =>
  until(
    async () => {
      await clock.advance(200);
      return check() || undefined;
    },
    { timeoutMs: 4000, failure: () => JSON.stringify({ progressed, unreadable, warnings }) },
  );

let marks = 0;
/** Resolves when the folder `wf` was read after all that was written before. */
async function lookedAt(): Promise<void> {
  marks += 1;
  const file = await write('wf/mark.md', `---\nlastStep: ${marks}\n---\n`, 10_000 - marks);
  await eventually(() =>
    progressed.some(({ path, workflow }) => path === file && workflow.lastStep === marks),
  );
}

describe('the state of a workflow', () => {
  it('is that of the file, and progresses with it', async () => {
    const path = await write('wf/story.md', steps(1));
    await start(join(dir, 'wf'));
    const session = sessionIn(join(dir, 'wf'));
    expect(watch?.workflowOf(session)).toMatchObject({
      file: path,
      workflow: { lastStep: 1, totalSteps: 4, progress: 0.25, nextStep: 2 },
      nextStepFile: undefined,
      changedMs: expect.closeTo(Date.now(), -4),
    });
    expect(progressed).toEqual([]);
    await write('wf/story.md', steps(2));
    await eventually(() => progressed.length > 0);
    expect(progressed).toMatchObject([{ path, workflow: { progress: 0.5 }, sessionIds: [session.id] }]);
    expect(watch?.workflowOf(session)?.workflow).toMatchObject({ lastStep: 2 });
  });

  it('does not progress when only the text below it does', async () => {
    await write('wf/story.md', steps(1));
    await start(join(dir, 'wf'));
    const { changedMs = 0 } = at(join(dir, 'wf')) ?? {};
    await write('wf/story.md', `${steps(1)}more`);
    await eventually(() => (at(join(dir, 'wf'))?.changedMs ?? 0) > changedMs);
    expect(progressed).toEqual([]);
  });

  it('is met in a new file, in a folder that did not exist, and is gone with it', async () => {
    await start(join(dir, 'wf'));
    expect(at(join(dir, 'wf'))).toBeUndefined();
    await mkdir(join(dir, 'wf'));
    await write('wf/story.md', steps(3));
    await eventually(() => at(join(dir, 'wf'))?.workflow.lastStep === 3);
    await rename(join(dir, 'wf/story.md'), join(dir, 'wf/story.txt'));
    await eventually(() => at(join(dir, 'wf')) === undefined);
  });

  it('is found by the rescan when the system told nothing', async () => {
    await write('wf/story.md', steps(1));
    await start(join(dir, 'wf'));
    jest.spyOn(clock, 'after').mockReturnValue(() => undefined);
    await write('wf/story.md', steps(2));
    await clock.advance(30_000);
    await eventually(() => at(join(dir, 'wf'))?.workflow.lastStep === 2);
  });

  it('comes with Next-step.md, which alone counts, too, and is not read', async () => {
    const next = await write('wf/Next-step.md', '---\nstatus: "\n');
    await start(join(dir, 'wf'));
    expect(at(join(dir, 'wf'))).toMatchObject({ file: undefined, workflow: {}, nextStepFile: next });
    const path = await write('wf/story.md', steps(1));
    await eventually(() => at(join(dir, 'wf'))?.file === path);
    expect(at(join(dir, 'wf'))).toMatchObject({ nextStepFile: next });
    await rm(next);
    await eventually(() => at(join(dir, 'wf'))?.nextStepFile === undefined);
    expect(warnings).toEqual([]);
  });

  it('is read of the files changed last where there are too many, and that is said once', async () => {
    await write('wf/a.md', '# A', 10);
    await write('wf/b.md', '# B', 20);
    await write('wf/c.md', steps(3), 30);
    await start(join(dir, 'wf'), '--workflow.max_files=2');
    expect(at(join(dir, 'wf'))).toBeUndefined();
    await write('wf/d.md', steps(2));
    await eventually(() => at(join(dir, 'wf'))?.workflow.lastStep === 2);
    for (const name of ['a', 'b', 'd']) await rm(join(dir, `wf/${name}.md`));
    await eventually(() => at(join(dir, 'wf'))?.workflow.lastStep === 3);
    expect(warnings).toEqual([expect.stringContaining('wf has more markdown files than workflow.max_files')]);
  });
});

describe('the workflow of a session', () => {
  it('is in its directory, else inside it, else around it', async () => {
    for (const folder of ['a', 'a/b', 'a/b/c', 'a/b/c/d']) await write(`${folder}/story.md`, steps(1));
    const all = ['a', 'a/b', 'a/b/c', 'a/b/c/d'].map((folder) => join(dir, folder));
    await start(all.join(':'));
    const folderAt = (cwd: string) =>
      at(join(dir, cwd))?.file?.replace(`${dir}/`, '').replace('/story.md', '');
    expect(folderAt('a/b')).toBe('a/b');
    expect(folderAt('a/b/c/d/src/deep')).toBe('a/b/c/d');
    expect(folderAt('a/b/other')).toBe('a/b');
    expect(folderAt('a/bc')).toBe('a');
    expect(folderAt('elsewhere')).toBeUndefined();
    expect(watch?.workflowOf(aSession({ view: { turn: { kind: 'none' } } }))).toBeUndefined();
  });

  it('is the one changed last of several that are as close', async () => {
    await write('p/x/old.md', steps(1), 30);
    await write('p/x/deep/newer.md', steps(2), 20);
    const newest = await write('p/y/newest.md', steps(3), 10);
    await start(['p/x', 'p/x/deep', 'p/y'].map((folder) => join(dir, folder)).join(':'));
    expect(at(join(dir, 'p'))?.file).toBe(newest);
  });

  it('is found through links', async () => {
    await write('real/wf/story.md', steps(1));
    await symlink(join(dir, 'real'), join(dir, 'link'));
    await start(join(dir, 'link/wf'));
    expect(at(join(dir, 'real/wf/src'))?.file).toBe(join(dir, 'link/wf/story.md'));
  });
});

describe('relative folders', () => {
  it('are watched in the directories of sessions, also of one that comes later', async () => {
    await write('one/docs/story.md', steps(1));
    await write('two/docs/story.md', steps(2));
    sessionIn(join(dir, 'one'));
    sessionIn(join(dir, 'gone'));
    await start('docs:./notes');
    expect(at(join(dir, 'one'))?.file).toBe(join(dir, 'one/docs/story.md'));
    expect(at(join(dir, 'two'))).toBeUndefined();
    bus.publish({ type: 'session-progressed', session: sessionIn(join(dir, 'two')), by: 'prompt' });
    await eventually(() => at(join(dir, 'two'))?.workflow.lastStep === 2);
    await write('two/notes/story.md', steps(3));
    await eventually(() => at(join(dir, 'two'))?.workflow.lastStep === 3);
  });

  it('are those of the sessions used last where there are more than workflow.max_folders', async () => {
    for (const [index, name] of ['a', 'b', 'c'].entries()) {
      await write(`${name}/docs/story.md`, steps(index + 1), 10);
      sessionIn(join(dir, name), { modifiedMs: index });
    }
    await write('b/notes/beyond-the-bound.md', steps(4));
    sessionIn(join(dir, 'gone'), { modifiedMs: 9 });
    await start('docs:notes', '--workflow.max_folders=3');
    const lastSteps = () => ['a', 'b', 'c'].map((name) => at(join(dir, name))?.workflow.lastStep);
    expect(lastSteps()).toEqual([undefined, 2, 3]);
    sessionIn(join(dir, 'a'), { modifiedMs: 10 });
    await clock.advance(30_000);
    await eventually(() => at(join(dir, 'a')));
    expect(lastSteps()).toEqual([1, undefined, 3]);
  });

  it('are not looked for where no session says where it works', async () => {
    sessions.known.set('listed', aSession({ id: 'listed', view: { turn: { kind: 'none' } } }));
    await write('one/docs/story.md', steps(1));
    sessionIn(relative(process.cwd(), join(dir, 'one')));
    await start('docs');
    expect(at(join(dir, 'one'))).toBeUndefined();
  });
});

it('no folders: nothing is watched', async () => {
  await start('');
  expect(at(dir)).toBeUndefined();
});

describe('a broken front matter', () => {
  const BROKEN = steps(2, 'status: a: b');

  it('is told once, with its line, and costs nothing', async () => {
    const path = await write('wf/story.md', steps(1));
    await start(join(dir, 'wf'));
    const before = at(join(dir, 'wf'));
    await write('wf/story.md', BROKEN);
    await eventually(() => unreadable.length > 0);
    expect(unreadable).toEqual([
      {
        type: 'workflow-unreadable',
        path,
        line: 4,
        problem: expect.stringMatching(/^no YAML: Nested mappings/),
      },
    ]);
    expect(warnings).toEqual([expect.stringContaining(`${path}, line 4: no YAML: `)]);
    expect(at(join(dir, 'wf'))).toEqual(before);

    await write('wf/story.md', `${BROKEN}more text`);
    await lookedAt();
    await write('wf/story.md', steps(3, 'status: a: b'));
    await lookedAt();
    expect(at(join(dir, 'wf'))).toEqual(before);
    expect(unreadable).toHaveLength(1);
    await write('wf/story.md', steps(3));
    await eventually(() => at(join(dir, 'wf'))?.workflow.lastStep === 3);
    expect(progressed.filter((event) => event.path === path)).toHaveLength(1);
  });

  it('is told again when it is another, and not when it is the same that comes back', async () => {
    await write('wf/story.md', BROKEN);
    await start(join(dir, 'wf'));
    expect(at(join(dir, 'wf'))).toBeUndefined();
    await write('wf/story.md', steps(2));
    await eventually(() => at(join(dir, 'wf')));
    await write('wf/story.md', BROKEN);
    await lookedAt();
    expect(unreadable).toHaveLength(1);
    await write('wf/beside.md', '---\nlastStep: "\n---\n');
    await eventually(() => unreadable.length > 1);
    await write('wf/story.md', steps(2, 'title: x', 'status: a: b'));
    await eventually(() => unreadable.length > 2);
    expect(unreadable.map(({ path, line }) => [path.replace(`${dir}/`, ''), line])).toEqual([
      ['wf/story.md', 4],
      ['wf/beside.md', 2],
      ['wf/story.md', 5],
    ]);
    expect(warnings).toHaveLength(3);
  });

  it('costs a key of the wrong type alone', async () => {
    const path = await write('wf/story.md', steps(1, 'status: [1]'));
    await start(join(dir, 'wf'));
    expect(at(join(dir, 'wf'))).toMatchObject({ workflow: { lastStep: 1, status: undefined } });
    expect(unreadable).toMatchObject([
      { path, line: 4, problem: expect.stringMatching(/^status: given a list/) },
    ]);
  });

  it('of a file that is none of a workflow is nobody’s business', async () => {
    await write('wf/post.md', '---\ntitle: "x\n---\n');
    await write('wf/plain.md', '# Title');
    await write('wf/data.yaml', 'status: done');
    await symlink(dir, join(dir, 'wf/folder.md'));
    await start(join(dir, 'wf'));
    expect(at(join(dir, 'wf'))).toBeUndefined();
    expect(warnings).toEqual([]);
  });

  it('that is larger than what is read is told as such', async () => {
    const path = await write('wf/story.md', steps(1, `x: ${'x'.repeat(2000)}`));
    await start(join(dir, 'wf'), '--workflow.max_head_bytes=1024');
    expect(unreadable).toMatchObject([{ path, line: 1, problem: expect.stringContaining('max_head_bytes') }]);
  });
});
