import { describe, expect, it } from '@jest/globals';
import { ClaudeCodeTranscript } from './claude-code.transcript.js';

const START = Date.parse('2026-11-22T12:00:00Z');
const PATH = '/home/dev/.claude/projects/-home-dev-project/session.jsonl';

type Fields = Readonly<Record<string, unknown>>;

/** A record `ms` after the start that follows another one. */
function record(uuid: string, parentUuid: string | null, ms: number, fields: Fields): string {
  const timestamp = new Date(START + ms).toISOString();
  return JSON.stringify({ uuid, parentUuid, timestamp, cwd: '/home/dev/project', ...fields });
}

const user = (content: unknown): Fields => ({ type: 'user', message: { content } });
const assistant = (stop_reason: string): Fields => ({
  type: 'assistant',
  message: { model: 'm', stop_reason, content: [{ type: 'text', text: 'words' }] },
});
const result = user([{ type: 'tool_result', content: 'no' }]);
const interrupted = user([{ type: 'text', text: '[Request interrupted by user for tool use]' }]);

function turnAfter(...lines: string[]): unknown {
  const transcript = new ClaudeCodeTranscript(PATH, 'UTC');
  for (const line of lines) transcript.accept(line);
  return transcript.view().turn.kind;
}

describe('the last turn', () => {
  const prompt = record('a', null, 0, user('work'));
  const tool = record('b', 'a', 1000, assistant('tool_use'));

  it.each([
    ['in order', 2000, 2003, false],
    ['in order, with times the other way round', 2003, 2000, false],
    ['the other way round', 2000, 2003, true],
    ['the other way round, with times that follow', 2003, 2000, true],
  ])('is interrupted, its two records %s', (_how, resultMs, interruptedMs, isSwapped) => {
    const records = [record('c', 'b', resultMs, result), record('d', 'c', interruptedMs, interrupted)];
    expect(turnAfter(prompt, tool, ...(isSwapped ? records.toReversed() : records))).toBe('interrupted');
  });

  it('has ended although an older record of it came a moment late', () => {
    const end = record('d', 'c', 2005, assistant('end_turn'));
    expect(turnAfter(prompt, tool, end, record('c', 'b', 2000, result))).toBe('ended');
  });

  it('is open again after the next prompt, also when the clock was set back', () => {
    const end = record('c', 'b', 2000, assistant('end_turn'));
    expect(turnAfter(prompt, tool, end, record('d', 'c', 9000, user('more')))).toBe('open');
    expect(turnAfter(prompt, tool, end, record('d', 'c', -3_600_000, user('more')))).toBe('open');
  });

  it.each([
    ['a side chain', { ...user('work of a sub-agent'), isSidechain: true }],
    ['a local command', user('<command-name>/model</command-name>')],
    ['its output', user('<local-command-stdout>ok</local-command-stdout>')],
    ['a note to the model', { ...user('Continue from where you left off.'), isMeta: true }],
    ['a summary', { ...user('This session is being continued …'), isCompactSummary: true }],
    [
      'an answer of the program itself',
      { type: 'assistant', message: { model: '<synthetic>', content: [] } },
    ],
  ])('is not opened by %s', (_what, fields) => {
    const end = record('c', 'b', 2000, assistant('end_turn'));
    expect(turnAfter(prompt, tool, end, record('d', 'c', 3000, fields))).toBe('ended');
  });

  it('is opened by the prompt with which 2.1.330 goes on by itself', () => {
    const end = record('c', 'b', 2000, assistant('end_turn'));
    const prompted = { ...user('Continue the task'), isMeta: true, turnOrigin: 'auto_continuation' };
    expect(turnAfter(prompt, tool, end, record('d', 'c', 3000, prompted))).toBe('open');
  });

  it('is open again where 2.1.330 asks the model to go on with an answer that broke off', () => {
    const cut = record('c', 'b', 2000, assistant('end_turn'));
    const again = { ...user('Your response above was cut off'), isMeta: true, turnCompanion: true };
    expect(turnAfter(prompt, tool, cut, record('d', 'c', 2025, again))).toBe('open');
  });

  it('is not over with a refusal: an error record follows, or the model is asked once more', () => {
    const refused = record('c', 'b', 2000, assistant('refusal'));
    const error = { ...assistant('refusal'), error: 'invalid_request', isApiErrorMessage: true };
    expect(turnAfter(prompt, tool, refused)).toBe('open');
    expect(turnAfter(prompt, tool, refused, record('d', 'c', 2005, error))).toBe('failed');
  });

  it('tells of a limit that 2.1.330 waits out by itself, until its user does not want it to', () => {
    const notice = (content: string): Fields => ({ type: 'system', subtype: 'informational', content });
    const limit = { ...assistant('stop_sequence'), error: 'rate_limit', isApiErrorMessage: true };
    const armed = record(
      'd',
      'c',
      2003,
      notice('Usage limit reached · set to continue automatically at 9am'),
    );
    const cancelled = record(
      'e',
      'd',
      4000,
      notice('Automatic continue cancelled · /rate-limit-options to wait'),
    );
    const waitsAfter = (...lines: string[]): unknown => {
      const transcript = new ClaudeCodeTranscript(PATH, 'UTC');
      for (const line of [prompt, tool, record('c', 'b', 2000, limit), ...lines]) transcript.accept(line);
      const { turn } = transcript.view();
      return turn.kind === 'failed' && turn.verdict.waitsItself === true;
    };
    expect(waitsAfter()).toBe(false);
    expect(waitsAfter(armed)).toBe(true);
    expect(waitsAfter(armed, cancelled)).toBe(false);
  });
});

describe('the folder to resume in', () => {
  it('is the one the session was started in, not where a command went', () => {
    const transcript = new ClaudeCodeTranscript(PATH, 'UTC');
    transcript.accept(record('a', null, 0, { ...user('work'), permissionMode: 'plan' }));
    transcript.accept(record('b', 'a', 1, { ...assistant('tool_use'), cwd: '/home/dev/project/deep/below' }));
    expect(transcript.view()).toMatchObject({ cwd: '/home/dev/project', permissionMode: 'plan' });
    expect(transcript.isSufficient()).toBe(true);
  });
});
