import { basename } from 'node:path';
import { expect } from '@jest/globals';
import type { RecordedRequest } from '../support/provider/provider.js';
import type { Story } from './answers.js';
import type { Scenario } from './scenario.js';

const PUNCTUAL_MS = 1000;

/** Waits for the end and holds it against everything that makes a save, in one episode with so many resumes. */
export async function expectOneSave(scenario: Scenario, id: string, attempts = 1): Promise<Story> {
  const story = await scenario.untilSettled(id);
  expect(story).toMatchObject({ state: 'completed', saves: 1, waits: [] });
  expect(story.episodes).toMatchObject([{ state: 'saved', attempts }]);
  expect(story.resumes).toHaveLength(attempts);
  expect(story.resumes.at(-1)).toMatchObject({ state: 'ended', result: 'ok', denied_tools: [] });
  expect(statesOf(story)).toEqual(trail(attempts));
  expectPunctual(story);
  await expectSameSession(scenario, id, story);
  expect(await scenario.task.isFinished()).toBe(true);
  return story;
}

/** What the provider was asked, in order. */
export function stepsOf({ provider }: Scenario): RecordedRequest['step'][] {
  return provider.requests.map(({ step }) => step);
}

/** Nothing at all reached the provider between each limit and the resume after it, and none came before its reset. */
export function expectSilentWaits({ provider, resetsMs }: Scenario, { resumes }: Story): void {
  const limits = provider.requests.filter(({ step }) => step === 'usage_limit');
  expect(resetsMs).toHaveLength(limits.length);
  expect(resumes).toHaveLength(limits.length);
  resumes.forEach(({ started_at: startedAt }, index) => {
    const startedMs = Date.parse(startedAt);
    const limitedMs = limits[index]?.answeredAt ?? NaN;
    expect(startedMs).toBeGreaterThan(limitedMs);
    expect(startedMs).toBeGreaterThanOrEqual(resetsMs[index] ?? NaN);
    expect(provider.log.filter(({ at }) => at > limitedMs && at < startedMs)).toEqual([]);
  });
}

/** Without repetitions: a better known reset is a second plan, and thus a second `waiting`. */
function statesOf({ audit }: Story): string[] {
  const states = audit.map(({ to }) => to).filter((state) => state !== 'planned');
  return states.filter((state, index) => state !== states[index - 1]);
}

function trail(attempts: number): string[] {
  const resume = ['waiting', 'gated', 'preflight', 'resuming', 'verifying'];
  return ['detected', ...Array.from({ length: attempts }, () => resume).flat(), 'saved'];
}

function expectPunctual({ audit, resumes }: Story): void {
  const dueMs = audit.flatMap(({ to }, index) =>
    to === 'preflight' ? [Date.parse(audit[index - 1]?.detail.due_at ?? '')] : [],
  );
  expect(dueMs).toHaveLength(resumes.length);
  resumes.forEach(({ started_at: startedAt }, index) => {
    const lateMs = Date.parse(startedAt) - (dueMs[index] ?? NaN);
    expect(lateMs).toBeGreaterThanOrEqual(0);
    expect(lateMs).toBeLessThanOrEqual(PUNCTUAL_MS);
  });
}

async function expectSameSession({ home }: Scenario, id: string, { resumes }: Story): Promise<void> {
  expect((await home.transcripts()).map((path) => basename(path))).toEqual([`${id}.jsonl`]);
  const records = await home.readTranscript(id);
  expect(new Set(records.map((record) => record['sessionId']).filter(Boolean))).toEqual(new Set([id]));
  const resumedMs = Date.parse(resumes.at(-1)?.started_at ?? '');
  const modes = records
    .filter((record) => record['type'] === 'user' && Date.parse(String(record['timestamp'])) >= resumedMs)
    .map((record) => record['permissionMode'])
    .filter(Boolean);
  expect(modes).toEqual(['acceptEdits']);
}
