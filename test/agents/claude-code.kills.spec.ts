import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, jest } from '@jest/globals';
import { seeded } from '../support/seeded.js';
import { stepsOf } from './one-save.js';
import { scenarios } from './scenario.js';

const EPISODES = 10;
const KILLS = 5;
const MOST_MS = 2500;
const SETTINGS = { 'resume.margin_structured_s': '0', 'resume.slow_start_step_s': '1' };

jest.setTimeout(120_000);

describe(`The service, killed ${EPISODES * KILLS} times at random moments`, () => {
  const open = scenarios();

  it.each(Array.from({ length: EPISODES }, (_, seed) => seed))(
    'resumes once and loses nothing (seed %i)',
    async (seed) => {
      const random = seeded(seed);
      const scenario = await open({ version: '2.1.330', settings: SETTINGS });
      scenario.scriptLimits({ resetsInSec: [5], firstAnswerDelayMs: 1500 });
      const id = await scenario.launch();
      for (let kill = 0; kill < KILLS; kill += 1) {
        // What is to be met is any moment: there is no event to wait for.
        await sleep(random() * MOST_MS);
        await scenario.restartService();
      }
      const story = await scenario.untilSettled(id);
      expect(story.episodes).toMatchObject([{ state: 'saved', attempts: 1 }]);
      expect(story).toMatchObject({ state: 'completed', saves: 1, waits: [] });
      expect(story.resumes).toMatchObject([{ state: 'ended', result: 'ok' }]);
      expect(stepsOf(scenario)).toEqual(['ok', 'ok', 'usage_limit', 'ok', 'ok', 'ok']);
      expect(await scenario.task.isFinished()).toBe(true);
    },
  );
});
