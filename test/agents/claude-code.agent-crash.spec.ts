import { describe, expect, it, jest } from '@jest/globals';
import { expectOneSave, stepsOf } from './one-save.js';
import { scenarios, VERSIONS } from './scenario.js';

jest.setTimeout(240_000);

describe.each(VERSIONS)('Claude Code %s, killed at work', (version) => {
  const open = scenarios();

  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'by %s in the middle of a tool: is resumed after the back-off',
    async (signal) => {
      const scenario = await open({ version, settings: { 'resume.backoff_initial_s': '1' } });
      const run = await scenario.startLongTool();
      const id = await scenario.onlySession();
      run.signal(signal);
      await run.exit;
      const story = await expectOneSave(scenario, id);
      expect(story.episodes[0]?.stop).toMatchObject({ reason: 'crash', window: null, reset: null });
      expect(stepsOf(scenario)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
    },
  );

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
