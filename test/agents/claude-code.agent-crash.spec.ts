import { describe, expect, it, jest } from '@jest/globals';
import { expectOneSave, stepsOf } from './one-save.js';
import { scenarios, VERSIONS, type Scenario } from './scenario.js';

jest.setTimeout(240_000);

describe.each(VERSIONS)('Claude Code %s, killed at work', (version) => {
  const open = scenarios();

  it('by SIGKILL in the middle of a tool: is resumed after the back-off', async () => {
    const scenario = await open({ version, settings: { 'resume.backoff_initial_s': '1' } });
    const id = await killAtWork(scenario, 'SIGKILL');
    const story = await expectOneSave(scenario, id);
    expect(story.episodes[0]?.stop).toMatchObject({ reason: 'crash', window: null, reset: null });
    expect(stepsOf(scenario)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
    const resumed = story.audit.find(({ to }) => to === 'resuming');
    expect(resumed?.why).toMatch(/tools of the dead process still run: .*sleep \(\d+\)/);
  });

  it('by SIGTERM in the middle of a tool: is left to a human, since its user may have ended it', async () => {
    const scenario = await open({ version, settings: { 'resume.backoff_initial_s': '1' } });
    const id = await killAtWork(scenario, 'SIGTERM');
    const story = await scenario.untilSettled(id);
    expect(story.episodes).toMatchObject([
      { state: 'parked', stop: { reason: 'crash' }, why: expect.stringContaining('told to end') },
    ]);
    expect(story.resumes).toEqual([]);
    expect(stepsOf(scenario)).toEqual(['ok', 'ok']);
  });

  it('while it is being resumed: is resumed again after the back-off', async () => {
    const settings = { 'resume.margin_structured_s': '1', 'resume.backoff_initial_s': '1' };
    const scenario = await open({ version, settings });
    const { id, pid } = await scenario.launchUntilResuming(3000);
    scenario.provider.script(scenario.task.secondHalf);
    process.kill(pid, 'SIGKILL');
    const story = await expectOneSave(scenario, id, 2);
    expect(story.resumes).toMatchObject([{ pid, result: 'none' }, { result: 'ok' }]);
    expect(stepsOf(scenario)).toEqual(['ok', 'ok', 'usage_limit', 'ok', 'ok', 'ok', 'ok']);
  });
});

async function killAtWork(scenario: Scenario, signal: 'SIGKILL' | 'SIGTERM'): Promise<string> {
  const run = await scenario.startLongTool();
  const id = await scenario.onlySession();
  run.signal(signal);
  await run.exit;
  return id;
}
