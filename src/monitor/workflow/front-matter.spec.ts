import { describe, expect, it } from '@jest/globals';
import { toWorkflow, type Workflow } from '../../core/workflow.js';
import { readFrontMatter, type FrontMatter } from './front-matter.js';

const read = (head: string, cut: { isWhole?: boolean; isKnown?: boolean } = {}): FrontMatter =>
  readFrontMatter(head, { isWhole: true, isKnown: false, ...cut });

function workflowIn(head: string): Workflow | undefined {
  const found = read(head);
  return found.kind === 'fields' ? toWorkflow(found.fields).workflow : undefined;
}

/** `line: words`, without the advice at the end. */
function problemIn(...given: Parameters<typeof read>): string {
  const found = read(...given);
  if (found.kind !== 'broken') return found.kind;
  const { line, problem } = found.problem;
  expect(problem).toMatch(/; the last good state counts until that is corrected$/);
  return `${line}: ${problem.replace(/;[^;]*$/, '')}`;
}

describe('a front matter', () => {
  it.each([
    ['as usual', '---\nlastStep: 3\ntotalSteps: 8\n---\n# Story\n'],
    ['with CRLF', '---\r\nlastStep: 3\r\ntotalSteps: 8\r\n---\r\n# Story\r\n'],
    ['with a byte order mark', '\uFEFF---\nlastStep: 3\ntotalSteps: 8\n---\n'],
    ['that ends in dots', '---\nlastStep: 3\ntotalSteps: 8\n...\n# Story'],
    ['with blanks behind its fences', '--- \nlastStep: 3\ntotalSteps: 8\n---\t\n'],
    ['at the end of the file', '---\nlastStep: 3\ntotalSteps: 8\n---'],
    ['on one line, as JSON', '---\n{"lastStep": 3, "totalSteps": 8}\n---\n'],
    [
      'with keys nobody knows',
      '---\ntitle: [a, {b: c}]\nlastStep: 3\ntotalSteps: 8\n2: x\n? [k]\n: v\n---\n',
    ],
    ['with aliases', '---\nx: &n 3\nlastStep: *n\ntotalSteps: 8\n---\n'],
    ['with a tag of its own', '---\nlastStep: 3\ntotalSteps: 8\nx: !secret y\n---\n'],
  ])('%s is read', (_name, head) => {
    expect(workflowIn(head)).toMatchObject({ lastStep: 3, totalSteps: 8, progress: 0.375, nextStep: 4 });
  });

  it('as the workflows of BMad write it is read', () => {
    const head =
      "---\nstepsCompleted: ['step-01-init', 'step-02-scope']\nworkflowType: 'prd'\n" +
      "lastStep: 'step-02-scope'\nstatus: 'complete'\ninputDocuments:\n  - docs/brief.md\n---\n# PRD\n";
    expect(workflowIn(head)).toMatchObject({
      stepsCompleted: ['step-01-init', 'step-02-scope'],
      lastStep: 'step-02-scope',
      status: { text: 'complete', meaning: 'done' },
      progress: 1,
    });
  });

  it('tells the line of each key in the file', () => {
    const found = read('---\r\n# steps\r\nstepsCompleted:\r\n  - 1\r\n  - 2\r\nstatus: wip\r\n---\r\n');
    expect(found).toMatchObject({
      kind: 'fields',
      fields: [
        { key: 'stepsCompleted', value: [1, 2], line: 3 },
        { key: 'status', value: 'wip', line: 6 },
      ],
    });
  });
});

describe('left alone is', () => {
  it.each([
    ['nothing', ''],
    ['a file without front matter', '# Title\n\nstatus: done\n'],
    ['one whose front matter comes later', '\n---\nstatus: done\n---\n'],
    ['one with other keys', '---\ntitle: x\nauthor: y\n---\nstatus: done\n'],
    ['one with broken other keys', '---\ntitle: "x\n---\n'],
    ['one that begins with a ruler', '---\nSome text, its status unknown.\n'],
    ['one that names a key further down only', '---\nx:\n  status: done\n---\n'],
    ['one with an empty front matter', '---\n---\nstatus: done\n'],
  ])('%s', (_name, head) => expect(read(head)).toEqual({ kind: 'none' }));

  it('a file that was one of a workflow and has other keys now', () => {
    expect(read('---\ntitle: x\n---\n', { isKnown: true })).toEqual({ kind: 'none' });
    expect(read('---\n---\n', { isKnown: true })).toEqual({ kind: 'none' });
    expect(read('# Title', { isKnown: true })).toEqual({ kind: 'none' });
  });
});

describe('broken', () => {
  it.each([
    [
      '---\nlastStep: 3\nstatus: a: b\n---\n',
      '3: no YAML: Nested mappings are not allowed in compact mappings',
    ],
    [
      '---\r\nlastStep: 3\r\nstatus: a: b\r\n---\r\n',
      '3: no YAML: Nested mappings are not allowed in compact mappings',
    ],
    ['---\nlastStep: 3\nstatus: "x\ntotalSteps: 8\n---\n', '3: no YAML: Missing closing "quote'],
    [
      '---\nlastStep: 3\nstepsCompleted: [1, 2\ntotalSteps: 8\n---\n',
      '3: no YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    ['---\nstatus: x\n\ttitle: y\n---\n', '3: no YAML: Tabs are not allowed as indentation'],
    ['---\nstatus: @x\n---\n', '2: no YAML: Plain value cannot start with reserved character @'],
    ['---\nstatus: x\n}sk-4711\n---\n', '3: no YAML: Unexpected flow-map-end token in YAML stream'],
    ['---\nstatus: "\\sk-4711"\n---\n', '2: no YAML: Invalid escape sequence'],
    ['---\nlastStep: 3\nstatus: *nowhere\n---\n', '3: the aliases in status lead nowhere or to too much'],
    ['---\nlastStep: 3\n', '1: the front matter that begins here has no line --- at its end'],
  ])('%j is told with its line', (head, words) => expect(problemIn(head)).toBe(words));

  it('is what does not end within the part that was read', () => {
    const words =
      '1: the front matter that begins here has no line --- at its end within workflow.max_head_bytes';
    expect(problemIn('---\nlastStep: 3\n---', { isWhole: false })).toBe(words);
    expect(read('---\nlastStep: 3\n---\n', { isWhole: false }).kind).toBe('fields');
  });

  it('is what a workflow file has lost its keys to', () => {
    expect(problemIn('---\nlastSt', { isKnown: true })).toMatch(/^1: the front matter that begins here/);
    expect(problemIn('---\ntitle: "x\n---\n', { isKnown: true })).toBe('2: no YAML: Missing closing "quote');
    expect(problemIn('---\n\nlastStep 3\n---\n', { isKnown: true })).toBe('3: these are no keys with values');
  });

  it('is a bomb of aliases, in no time', () => {
    const level = (name: string, of: string) => `${name}: &${name} [${Array(9).fill(of).join(', ')}]\n`;
    const names = [...'abcdefghij'];
    const levels = names.map((name, index) => level(name, index === 0 ? 'x' : `*${names[index - 1]}`));
    expect(problemIn(`---\n${levels.join('')}stepsCompleted: *j\n---\n`)).toBe(
      '12: the aliases in stepsCompleted lead nowhere or to too much',
    );
  });

  it.each(['[', '{a: ', '? ', '- '])('is %j a ten thousand times', (part) => {
    expect(problemIn(`---\nstatus: ${part.repeat(10_000)}\n---\n`)).toMatch(/^2: no YAML: /);
  });
});
