import { describe, expect, it } from '@jest/globals';
import { toWorkflow, UNTOLD, WORKFLOW_KEYS, type Workflow } from './workflow.js';

/** The keys in their order, each in a line of its own, the first in line 2. */
const read = (data: Record<string, unknown>) =>
  toWorkflow(
    Object.entries(data).flatMap(([name, value], index) => {
      const key = WORKFLOW_KEYS.find((known) => known === name);
      return key === undefined ? [] : [{ key, value, line: index + 2 }];
    }),
  );

function workflowOf(data: Record<string, unknown>): Workflow {
  const { workflow, problems } = read(data);
  expect(problems).toEqual([]);
  return workflow ?? UNTOLD;
}

describe('the steps that are completed', () => {
  it.each<[unknown, unknown, number | undefined]>([
    [[1, 2, 3], [1, 2, 3], 0.375],
    [['init', 'design'], ['init', 'design'], 0.25],
    [[1, 'design'], [1, 'design'], 0.25],
    [['1', ' 2 ', 2], [1, 2], 0.25],
    [[], [], 0],
    [[null, ''], [], 0],
    [3, [3], 0.375],
    ['3', [3], 0.375],
    [0, [], 0],
    ['1, 2, design', [1, 2, 'design'], 0.375],
    ['init', ['init'], 0.125],
    ['1-3', ['1-3'], 0.125],
    [[3], [3], 0.125],
  ])('%j are %j: %d of 8', (given, list, progress) => {
    expect(workflowOf({ stepsCompleted: given, totalSteps: 8 })).toMatchObject({
      stepsCompleted: list,
      progress,
    });
  });
});

describe('the status', () => {
  it.each([
    ['complete', 'done'],
    ['Done', 'done'],
    ['FINISHED', 'done'],
    ['in progress', 'in_progress'],
    ['in-progress', 'in_progress'],
    ['In_Progress', 'in_progress'],
    ['WIP', 'in_progress'],
  ])('%s means %s, and stays as written', (text, meaning) => {
    expect(workflowOf({ status: ` ${text} ` }).status).toEqual({ text, meaning });
  });

  it.each(['not started', 'incomplete', 'ready-for-dev', 'almost done', 'Läuft'])(
    '%s stays itself',
    (text) => {
      expect(workflowOf({ status: text })).toEqual({ ...UNTOLD, status: { text } });
    },
  );
});

describe('progress', () => {
  it.each<[Record<string, unknown>, number | undefined]>([
    [{ status: 'done' }, 1],
    [{ status: 'done', stepsCompleted: [1], totalSteps: 8 }, 1],
    [{ lastStep: 2, totalSteps: 8 }, 0.25],
    [{ stepsCompleted: [1, 3], lastStep: 3, totalSteps: 8 }, 0.25],
    [{ stepsCompleted: [1, 2], lastStep: 2 }, undefined],
    [{ status: 'in progress', totalSteps: 8 }, undefined],
    [{ lastStep: 'design', totalSteps: 8 }, undefined],
    [{ lastStep: 9, totalSteps: 8 }, undefined],
    [{ lastStep: 1.5, totalSteps: 8 }, undefined],
    [{ stepsCompleted: [1, 2, 9], totalSteps: 8 }, undefined],
    [{ stepsCompleted: [0, 1, 2], totalSteps: 3 }, undefined],
    [{ stepsCompleted: [1, 1.5], totalSteps: 3 }, undefined],
    [{ stepsCompleted: 9, totalSteps: 8 }, undefined],
    [{ stepsCompleted: ['a', 'b', 'c'], totalSteps: 2 }, undefined],
    [{ stepsCompleted: [], totalSteps: 0 }, undefined],
  ])('of %j is %d', (data, progress) => expect(workflowOf(data).progress).toBe(progress));
});

describe('the next step', () => {
  it.each<[Record<string, unknown>, number | undefined]>([
    [{ lastStep: 3, totalSteps: 8 }, 4],
    [{ lastStep: '3', totalSteps: '8' }, 4],
    [{ lastStep: 7, totalSteps: 8 }, 8],
    [{ lastStep: 8, totalSteps: 8 }, undefined],
    [{ lastStep: 3 }, undefined],
    [{ lastStep: 'design', totalSteps: 8 }, undefined],
    [{ lastStep: 2.5, totalSteps: 8 }, undefined],
    [{ lastStep: 3, totalSteps: 8, status: 'done' }, undefined],
    [{ lastStep: 3, totalSteps: 8, stepsCompleted: [3, 4] }, undefined],
  ])('of %j is %d', (data, next) => expect(workflowOf(data).nextStep).toBe(next));
});

it('nothing is said by keys without a value', () => {
  expect(workflowOf({ stepsCompleted: null, lastStep: '', status: undefined, totalSteps: ' ' })).toEqual(
    UNTOLD,
  );
});

describe('a key that cannot be understood', () => {
  it.each<[string, unknown, string]>([
    ['stepsCompleted', true, 'given true or false, allowed is a list of step numbers and names alone'],
    ['stepsCompleted', [1, { a: 1 }], 'given a list, allowed is a list of step numbers and names alone'],
    ['stepsCompleted', [1, [2]], 'given a list, allowed is a list of step numbers and names alone'],
    ['stepsCompleted', -1, 'given a number, allowed is a list of step numbers and names alone'],
    ['lastStep', [1], 'given a list, allowed is a number from 0 or a name'],
    ['lastStep', Infinity, 'given a number, allowed is a number from 0 or a name'],
    ['status', { text: 'x' }, 'given keys with values, allowed is a text'],
    ['status', 1, 'given a number, allowed is a text'],
    ['totalSteps', 'eight', 'given a text, allowed is a whole number'],
    ['totalSteps', 1.5, 'given a number, allowed is a whole number'],
  ])('%s: %j costs itself alone', (key, value, words) => {
    const others = { stepsCompleted: [1], lastStep: 1, status: 'wip', totalSteps: 4 };
    const { workflow, problems } = read({ title: '', ...others, [key]: value });
    const line = Object.keys({ title: '', ...others }).indexOf(key) + 2;
    expect(problems).toEqual([{ line, problem: `${key}: ${words}; the other keys count` }]);
    const { [key as keyof typeof others]: _lost, ...left } = others;
    expect(workflow).toMatchObject({ ...left, status: key === 'status' ? undefined : { text: 'wip' } });
    expect(workflow).toHaveProperty(key, undefined);
  });

  it('leaves no workflow where it is all there is', () => {
    expect(read({ totalSteps: [] })).toMatchObject({ workflow: undefined, problems: [{ line: 2 }] });
  });

  it('counts in none of its places where there are two', () => {
    const fields = [2, 5].map((line) => ({ key: 'lastStep', value: line, line }) as const);
    const { workflow, problems } = toWorkflow([...fields, { key: 'totalSteps', value: 8, line: 3 }]);
    expect(workflow).toEqual({ ...UNTOLD, totalSteps: 8 });
    expect(problems).toMatchObject([
      { line: 5, problem: expect.stringMatching(/^lastStep: given more than once/) },
    ]);
  });
});
