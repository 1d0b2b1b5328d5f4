import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WorkflowFile } from './workflow-file.js';

let path: string;
beforeAll(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'workflow-')), 'story.md');
});
afterAll(() => rm(join(path, '..'), { recursive: true, force: true }));

describe('WorkflowFile', () => {
  it('tells once that it cannot be read, and is read as soon as it can be', async () => {
    const file = new WorkflowFile(path, 1024);
    await mkdir(path);
    const problem = { line: 0, problem: 'cannot be read (EISDIR)' };
    expect(await file.advance(await stat(path))).toEqual({ progressed: false, problems: [problem] });
    await writeFile(join(path, 'makes it another'), '');
    expect(await file.advance(await stat(path))).toEqual({ progressed: false, problems: [] });
    await rm(path, { recursive: true });
    await writeFile(path, '---\nlastStep: 1\n---\n');
    expect(await file.advance(await stat(path))).toEqual({ progressed: true, problems: [] });
  });

  it('keeps what it said when all it says now is of the wrong type', async () => {
    const file = new WorkflowFile(path, 1024);
    await writeFile(path, '---\nlastStep: 1\n---\n');
    await file.advance(await stat(path));
    await writeFile(path, '---\nlastStep: [1]\n---\n');
    expect(await file.advance(await stat(path))).toMatchObject({
      progressed: false,
      problems: [{ line: 2 }],
    });
    expect(file.workflow).toMatchObject({ lastStep: 1 });
  });

  it('is none of a workflow any more without its keys', async () => {
    const file = new WorkflowFile(path, 1024);
    await writeFile(path, '---\nlastStep: 1\n---\n');
    await file.advance(await stat(path));
    await writeFile(path, '# Title');
    await file.advance(await stat(path));
    expect(file.workflow).toBeUndefined();
  });

  it('is not read again while it is the same', async () => {
    const file = new WorkflowFile(path, 1024);
    await writeFile(path, '---\nlastStep: 1\n---\n');
    const info = await stat(path);
    await file.advance(info);
    await rm(path);
    expect(await file.advance(info)).toEqual({ progressed: false, problems: [] });
    expect(file.workflow).toMatchObject({ lastStep: 1 });
  });
});
