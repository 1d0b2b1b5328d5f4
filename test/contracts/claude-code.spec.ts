import { describe, expect, it } from '@jest/globals';
import { ClaudeCodeAdapter } from '../../src/agents/claude-code/claude-code.adapter.js';
import { judge } from '../../src/core/judge.js';
import type { Liveness } from '../../src/core/session.js';
import { FakeClock } from '../support/fake-clock.js';
import { testConfig } from '../support/test-config.js';
import { leftClaim, linesOf, recordings, textOf, type Recording } from './recordings.js';

const adapter = new ClaudeCodeAdapter(testConfig('/home/dev'), new FakeClock());
const all = recordings('claude-code');
const transcriptOf = ({ files }: Recording) => files.find((file) => file.startsWith('projects/'));
const streamsOf = ({ files }: Recording) => files.filter((file) => file.endsWith('.stream.jsonl'));

function livenessOf(recording: Recording): Liveness {
  if (recording.aliveAtCapture) return 'alive';
  return leftClaim(recording) ? 'dead' : 'absent';
}

function fold(recording: Recording, file: string) {
  const transcript = adapter.newTranscript(`/home/dev/.claude/${file}`);
  for (const line of linesOf(recording, file)) transcript.accept(line);
  return transcript;
}

describe('Claude Code, by recordings of the real program', () => {
  const withTranscript = all.flatMap((recording) => {
    const file = transcriptOf(recording);
    return file === undefined ? [] : [{ recording, file, scenario: recording.scenario }];
  });

  it.each(withTranscript)('$scenario: the transcript tells the reason', ({ recording, file }) => {
    const stop = judge(fold(recording, file).view(), { liveness: livenessOf(recording) });
    expect(stop?.reason).toBe(recording.expectedReason);
  });

  it.each(withTranscript.filter(({ recording }) => recording.resetEpochFromText != null))(
    '$scenario: the reset is what the text allows',
    ({ recording, file }) => {
      const stop = judge(fold(recording, file).view(), { liveness: livenessOf(recording) });
      expect(stop?.reset).toMatchObject({ atMs: (recording.resetEpochFromText ?? 0) * 1000, source: 'text' });
      expect(stop?.window).toBe(recording.limitType);
    },
  );

  it.each(withTranscript)('$scenario: the launch contract is read', ({ recording, file }) => {
    const view = fold(recording, file).view();
    expect(view).toMatchObject({ cwd: '/home/dev/project', version: '2.1.197' });
    expect(view.permissionMode).toMatch(/^(default|acceptEdits)$/);
  });

  it.each(all.filter(({ resetEpoch, exitCode }) => resetEpoch != null && Object.keys(exitCode).length === 1))(
    '$scenario: the stream of our own run has the reset to the second',
    (recording) => {
      const run = adapter.newRun();
      for (const line of linesOf(recording, streamsOf(recording)[0] ?? '')) run.accept(line);
      const outcome = run.outcome({ code: 1 }, '');
      expect(outcome).toMatchObject({
        result: 'failed',
        verdict: {
          reason: 'usage_limit',
          window: recording.limitType,
          reset: { atMs: (recording.resetEpoch ?? 0) * 1000, source: 'structured' },
        },
      });
      const stop = judge(fold(recording, transcriptOf(recording) ?? '').view(), { liveness: 'absent' });
      expect(outcome.recordId).toBe(stop?.recordId);
    },
  );

  it.each(all.filter((recording) => streamsOf(recording).length === 1))(
    '$scenario: the stream of our own run tells the reason',
    (recording) => {
      const run = adapter.newRun();
      for (const line of linesOf(recording, streamsOf(recording)[0] ?? '')) run.accept(line);
      const outcome = run.outcome({}, textOf(recording, /stderr/));
      const { expectedReason } = recording;
      // A crash leaves no result, and a completion no verdict.
      const verdict = ['completed', 'crash'].includes(expectedReason) ? undefined : expectedReason;
      expect(outcome.verdict?.reason).toBe(verdict);
    },
  );
});
