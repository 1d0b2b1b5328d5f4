import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { toWorkflow, type FrontMatterProblem, type Workflow } from '../../core/workflow.js';
import { readHead } from '../../platform/read-head.js';
import { readFrontMatter } from './front-matter.js';
import { WorkflowFile } from './workflow-file.js';

const SEED = 20261122;
const SECRET = 'sk-ant-4711';
const BASE = [
  '---',
  "stepsCompleted: [1, 2, 'design']",
  `token: "${SECRET}"`,
  'lastStep: &last 2',
  'status: in progress',
  'totalSteps: 8',
  'inputDocuments:',
  '  - docs/brief.md',
  '---',
  '# Story',
  '',
].join('\n');
const PARTS = [
  ...[
    '---\n',
    '...\n',
    '\n',
    '\r\n',
    '\t',
    ' ',
    ': ',
    '- ',
    '? ',
    '[',
    ']',
    '{',
    '}',
    '"',
    "'",
    '\\',
    '#',
    '|\n',
  ],
  ...[
    '&a ',
    '*a',
    '*last',
    '!x ',
    '%YAML 9\n',
    '<<: *last\n',
    '\uFEFF',
    '\u0000',
    '\uD800',
    '§',
    '1e999',
    '.nan',
  ],
  ...[
    'status: ',
    'lastStep: -1\n',
    'totalSteps: []\n',
    'stepsCompleted: {a: b}\n',
    '__proto__: 1\n',
    'null',
    'true',
  ],
  ...['['.repeat(200), '&a [*a, *a]\n', 'x'.repeat(2000)],
];

/** Mulberry32: the same numbers from 0 to 1 with every run. */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const next = numbersFrom(SEED);
const below = (limit: number): number => Math.floor(next() * limit);

function mutated(text: string): string {
  let result = text;
  for (let left = 1 + below(4); left > 0; left -= 1) {
    const at = below(result.length + 1);
    const removed = below(3) === 0 ? below(12) : 0;
    const added =
      below(4) === 0 ? result.slice(below(result.length), at) : (PARTS[below(PARTS.length)] ?? '');
    result = result.slice(0, at) + added + result.slice(at + removed);
  }
  return result;
}

function expectSound(
  workflow: Workflow | undefined,
  problems: readonly FrontMatterProblem[],
  lines: number,
): void {
  const { progress = 0, nextStep = 1, totalSteps = Infinity } = workflow ?? {};
  expect(progress >= 0 && progress <= 1 && nextStep <= totalSteps).toBe(true);
  for (const { line, problem } of problems) {
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual(lines);
    expect(problem).not.toContain(SECRET);
    expect(problem).not.toContain('\n');
  }
}

describe('mutated front matter', () => {
  it('is read or told, with a line that exists and without what it holds', () => {
    const kinds = new Map<string, number>();
    for (let count = 0; count < 4000; count += 1) {
      const text = mutated(BASE);
      const found = readFrontMatter(text, { isWhole: below(2) === 0, isKnown: below(2) === 0 });
      const lines = text.split(/\r?\n/).length;
      if (found.kind === 'broken') expectSound(undefined, [found.problem], lines);
      if (found.kind === 'fields') {
        const { workflow, problems } = toWorkflow(found.fields);
        expectSound(workflow, problems, lines);
      }
      kinds.set(found.kind, (kinds.get(found.kind) ?? 0) + 1);
    }
    for (const kind of ['none', 'fields', 'broken']) expect(kinds.get(kind)).toBeGreaterThan(100);
  });
});

describe('mutated files', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'fuzz-'));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('are never read beyond the bound, and keep their last good state while they are broken', async () => {
    const path = join(dir, 'story.md');
    let kept = 0;
    for (let count = 0; count < 300; count += 1) {
      const bound = 1 + below(400);
      const file = new WorkflowFile(path, bound);
      await writeFile(path, '---\nlastStep: 1\n---\n');
      await file.advance(await stat(path));
      const before = file.workflow;
      const content = Buffer.from(mutated(BASE));
      await writeFile(path, content);
      expect(await readHead(path, bound)).toEqual({
        kind: 'read',
        bytes: content.subarray(0, bound),
        isWhole: content.length <= bound,
      });
      const { progressed, problems } = await file.advance(await stat(path));
      const isLost = problems.some(({ problem }) => problem.includes('the last good state counts'));
      if (isLost) expect(file.workflow).toBe(before);
      if (isLost && before !== undefined) kept += 1;
      if (progressed) expect(file.workflow).not.toEqual(before);
    }
    expect(kept).toBeGreaterThan(30);
  }, 30_000);
});
