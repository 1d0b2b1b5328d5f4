import { describe, expect, it, jest } from '@jest/globals';
import { isAlive } from '../support/is-alive.js';
import { until } from '../support/until.js';
import { expectOneSave, expectSilentWaits, stepsOf } from './one-save.js';
import { scenarios, VERSIONS } from './scenario.js';

const ONE_LIMIT = ['ok', 'ok', 'usage_limit', 'ok', 'ok', 'ok'];
const settings = { 'resume.margin_structured_s': '1' };

jest.setTimeout(240_000);

describe.each(VERSIONS)('The service, killed at work on Claude Code %s', (version) => {
  const open = scenarios();

  it('goes on with a run it had launched', async () => {
    const scenario = await open({ version, settings });
    scenario.scriptLimits({ resetsInSec: [8] });
    const firstRequest = scenario.provider.nextRequest();
    const id = await scenario.launch();
    await firstRequest;
    await scenario.restartService();
    const story = await expectOneSave(scenario, id);
    // The older one says it on its output only.
    expect(story.episodes[0]?.stop.reset?.source).toBe('structured');
    expect(stepsOf(scenario)).toEqual(ONE_LIMIT);
    expectSilentWaits(scenario, story);
  });

  it('waits on, and resumes once', async () => {
    const scenario = await open({ version, settings });
    scenario.scriptLimits({ resetsInSec: [8] });
    const id = await scenario.launch();
    const { due_at: dueAt } = await scenario.untilEpisode(
      id,
      ({ state, stop }) => state === 'waiting' && stop.reset?.source === 'structured',
    );
    await scenario.restartService();
    const again = await scenario.untilEpisode(id, () => true);
    expect(again).toMatchObject({ state: 'waiting', due_at: dueAt });
    const story = await expectOneSave(scenario, id);
    expect(stepsOf(scenario)).toEqual(ONE_LIMIT);
    expectSilentWaits(scenario, story);
  });

  it('takes up the resume that still runs', async () => {
    const scenario = await open({ version, settings });
    const { id, pid } = await scenario.launchUntilResuming(6000);
    await scenario.restartService();
    expect(isAlive(pid)).toBe(true);
    expect(await scenario.untilEpisode(id, () => true)).toMatchObject({ state: 'resuming' });
    const story = await expectOneSave(scenario, id);
    expect(story.resumes).toMatchObject([{ pid }]);
    expect(stepsOf(scenario)).toEqual(ONE_LIMIT);
  });

  it('takes up the resume that ended meanwhile', async () => {
    const scenario = await open({ version, settings });
    const { id, pid } = await scenario.launchUntilResuming(3000);
    await scenario.restartService(() => untilGone(pid));
    const story = await expectOneSave(scenario, id);
    expect(story.resumes).toMatchObject([{ pid }]);
    expect(stepsOf(scenario)).toEqual(ONE_LIMIT);
  });
});

async function untilGone(pid: number): Promise<void> {
  await until(async () => (isAlive(pid) ? undefined : true), {
    timeoutMs: 60_000,
    failure: () => `Process ${pid} does not end`,
  });
}
