import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startClaudeTui } from '../support/claude-tui.js';
import { stepsOf } from './one-save.js';
import { scenarios, VERSIONS } from './scenario.js';

const NATIVE_GRACE_MS = 300_000;
const QUICK = { 'resume.margin_structured_s': '1', 'resume.backoff_initial_s': '1' };

jest.setTimeout(240_000);

beforeAll(async () => {
  await promisify(execFile)('tmux', ['-V']).catch((error: unknown) => {
    throw new Error('These tests open Claude Code in tmux: install tmux 3 or newer', { cause: error });
  });
});

const INTERRUPTED = /\[Request interrupted by user/;

describe.each(VERSIONS)('Claude Code %s is left alone', (version) => {
  const open = scenarios();

  it('where the user interrupted it', async () => {
    const scenario = await open({ version, settings: QUICK });
    const run = await scenario.startLongTool();
    const id = await scenario.onlySession();
    run.signal('SIGINT');
    await run.exit;
    const story = await scenario.untilSettled(id);
    // 2.1.197 does not always come to write the interruption down; then it looks like one told to end.
    const isRecorded = (await scenario.home.readTranscript(id)).some((record) =>
      INTERRUPTED.test(JSON.stringify(record)),
    );
    if (version !== '2.1.197') expect(isRecorded).toBe(true);
    expect(story.episodes).toMatchObject([
      isRecorded
        ? {
            state: 'cancelled',
            stop: { reason: 'user_exit' },
            why: expect.stringContaining('user interrupted'),
          }
        : { state: 'parked', stop: { reason: 'crash' }, why: expect.stringContaining('told to end') },
    ]);
    await scenario.restartService();
    // Longer than a crash would take to be seen, waited for and resumed.
    await scenario.untilUpFor(6);
    const later = await scenario.story(id);
    expect(later).toMatchObject({ episodes: story.episodes, resumes: [], saves: 0, waits: [] });
    expect(stepsOf(scenario)).toEqual(['ok', 'ok']);
  });

  it('where the user went on during the wait', async () => {
    const scenario = await open({ version, settings: QUICK });
    scenario.scriptLimits({ resetsInSec: [100] });
    const id = await scenario.adopt();
    await scenario.untilEpisode(id, ({ state }) => state === 'waiting');
    scenario.provider.script(scenario.task.secondHalf);
    const { code } = await scenario.startAgent(['--resume', id], 'go on').exit;
    expect(code).toBe(0);
    const story = await scenario.untilSettled(id);
    expect(story.episodes).toMatchObject([{ state: 'cancelled', why: expect.stringContaining('went on') }]);
    expect(story).toMatchObject({ state: 'completed', resumes: [], saves: 0, waits: [] });
    expect(stepsOf(scenario)).toEqual(['ok', 'ok', 'usage_limit', 'ok', 'ok', 'ok']);
  });

  it('where a live process holds the session', async () => {
    const scenario = await open({ version, settings: { ...QUICK, 'resume.tmux': 'false' } });
    scenario.scriptLimits({ resetsInSec: [6], claim: 'seven_day' });
    const tui = await startClaudeTui(scenario.home, scenario.binary, {
      args: ['--permission-mode', 'acceptEdits'],
    });
    await tui.send(scenario.task.prompt);
    const id = await scenario.onlySession();
    const { due_at: dueAt } = await scenario.untilEpisode(id, ({ state }) => state === 'waiting');
    if (version === '2.1.330') {
      // It goes on by itself a minute or more after the reset, says beforehand that it will, and is let until then.
      const left = await scenario.untilEpisode(id, ({ why }) => why.includes('tries again by itself'));
      const graceMs = Date.parse(left.due_at ?? '') - Date.parse(left.stop.reset?.at ?? '');
      expect(left).toMatchObject({ state: 'waiting', stop: { window: 'seven_day', waits_itself: true } });
      expect(graceMs).toBe(NATIVE_GRACE_MS);
      return expect(await scenario.story(id)).toMatchObject({ resumes: [], saves: 0 });
    }
    const story = await scenario.untilSettled(id);
    expect(story.episodes).toMatchObject([
      {
        state: 'parked',
        stop: { window: 'seven_day', waits_itself: false },
        why: expect.stringContaining(`process ${tui.pid}`),
      },
    ]);
    const settledAt = story.audit.at(-1)?.at ?? '';
    expect(Date.parse(settledAt)).toBeGreaterThanOrEqual(Date.parse(dueAt ?? ''));
    expect(story).toMatchObject({ resumes: [], saves: 0, waits: [] });
    expect(stepsOf(scenario)).toEqual(['ok', 'ok', 'usage_limit']);
  });

  it('where it is not logged in', async () => {
    const scenario = await open({ version, account: 'api-key', settings: QUICK });
    scenario.home.env['CLAUDE_CODE_MAX_RETRIES'] = '0';
    scenario.provider.script([{ type: 'auth', times: 'forever' }]);
    const id = await scenario.adopt();
    const asked = stepsOf(scenario);
    const story = await scenario.untilSettled(id);
    expect(story.episodes).toMatchObject([
      { state: 'parked', stop: { reason: 'auth' }, why: expect.stringContaining('log in') },
    ]);
    await scenario.untilUpFor(6);
    expect(await scenario.story(id)).toEqual(story);
    expect(story).toMatchObject({ resumes: [], saves: 0, waits: [] });
    expect(stepsOf(scenario)).toEqual(asked);
  });

  it('where a resume was refused its tools: nothing was saved', async () => {
    const scenario = await open({ version, settings: QUICK });
    const write = { name: 'Write', input: { file_path: scenario.task.expectedFile, content: 'x' } };
    scenario.provider.script([
      { type: 'usage_limit', resetInSec: 3 },
      { type: 'ok', text: 'I write it.', tools: [write] },
      { type: 'ok', text: 'It may not be.' },
    ]);
    const id = await scenario.launch('default');
    const story = await scenario.untilSettled(id);
    expect(story.episodes).toMatchObject([
      { state: 'parked', attempts: 1, why: expect.stringContaining('refused Write') },
    ]);
    expect(story.resumes).toMatchObject([{ result: 'ok', denied_tools: ['Write'] }]);
    expect(story).toMatchObject({ saves: 0, waits: [] });
    expect(stepsOf(scenario)).toEqual(['usage_limit', 'ok', 'ok']);
  });
});
