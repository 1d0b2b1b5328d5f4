import { describe, expect, it, jest } from '@jest/globals';
import { expectOneSave, expectSilentWaits, stepsOf } from './one-save.js';
import { scenarios, VERSIONS } from './scenario.js';

const MINUTE_MS = 60_000;
const ONE_LIMIT = ['ok', 'ok', 'usage_limit', 'ok', 'ok', 'ok'];
/** Nothing is gained by waiting longer where the reset is known to the second. */
const QUICK = { 'resume.margin_structured_s': '1' };

jest.setTimeout(240_000);

describe.each(VERSIONS)('Claude Code %s at a usage limit', (version) => {
  const open = scenarios();

  it('is adopted, waited for and resumed once', async () => {
    const scenario = await open({ version });
    scenario.scriptLimits({ resetsInSec: [8] });
    const id = await scenario.adopt();
    const story = await expectOneSave(scenario, id);
    const resetMs = scenario.resetsMs[0] ?? NaN;
    // The older one tells its transcript the minute only.
    const reset =
      version === '2.1.197'
        ? { source: 'text', at: iso(resetMs - (resetMs % MINUTE_MS)) }
        : { source: 'structured', at: iso(resetMs) };
    expect(story.episodes[0]?.stop).toMatchObject({ reason: 'usage_limit', window: 'five_hour', reset });
    expect(stepsOf(scenario)).toEqual(ONE_LIMIT);
    expectSilentWaits(scenario, story);
  });

  it('is launched, waited for to the second and resumed once', async () => {
    const scenario = await open({ version });
    scenario.scriptLimits({ resetsInSec: [6] });
    const id = await scenario.launch();
    const story = await expectOneSave(scenario, id);
    const reset = { source: 'structured', at: iso(scenario.resetsMs[0] ?? NaN) };
    expect(story.episodes[0]?.stop).toMatchObject({ reason: 'usage_limit', window: 'five_hour', reset });
    expect(stepsOf(scenario)).toEqual(ONE_LIMIT);
    expectSilentWaits(scenario, story);
  });

  it('waits for the week where the weekly limit is reached', async () => {
    const scenario = await open({ version, settings: QUICK });
    scenario.scriptLimits({ resetsInSec: [6], claim: 'seven_day' });
    const id = await scenario.launch();
    const story = await expectOneSave(scenario, id);
    const reset = { source: 'structured', at: iso(scenario.resetsMs[0] ?? NaN) };
    expect(story.episodes[0]?.stop).toMatchObject({ reason: 'usage_limit', window: 'seven_day', reset });
    expect(stepsOf(scenario)).toEqual(ONE_LIMIT);
    expectSilentWaits(scenario, story);
  });

  it('waits for the new reset where the limit still holds at the first', async () => {
    const scenario = await open({ version, settings: QUICK });
    scenario.scriptLimits({ resetsInSec: [5, 16] });
    const id = await scenario.launch();
    const story = await expectOneSave(scenario, id, 2);
    const reset = { source: 'structured', at: iso(scenario.resetsMs[1] ?? NaN) };
    expect(story.episodes[0]?.stop).toMatchObject({ reason: 'usage_limit', reset });
    expect(stepsOf(scenario)).toEqual(['ok', 'ok', 'usage_limit', 'usage_limit', 'ok', 'ok', 'ok']);
    expectSilentWaits(scenario, story);
  });
});

function iso(atMs: number): string {
  return new Date(atMs).toISOString();
}
