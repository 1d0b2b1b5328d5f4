import { describe, expect, it, jest } from '@jest/globals';
import { expectOneSave, stepsOf } from './one-save.js';
import { scenarios, VERSIONS } from './scenario.js';

jest.setTimeout(240_000);

describe.each(VERSIONS)('Claude Code %s, killed in the middle of a tool', (version) => {
  const open = scenarios();

  it.each(['SIGKILL', 'SIGTERM'] as const)('by %s: is resumed after the back-off', async (signal) => {
    const scenario = await open({ version, settings: { 'resume.backoff_initial_s': '1' } });
    const run = await scenario.startLongTool();
    const id = await scenario.onlySession();
    run.signal(signal);
    await run.exit;
    const story = await expectOneSave(scenario, id);
    expect(story.episodes[0]?.stop).toMatchObject({ reason: 'crash', window: null, reset: null });
    expect(stepsOf(scenario)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
  });
});
