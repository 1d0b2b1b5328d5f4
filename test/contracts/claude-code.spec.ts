import { describe, expect, it } from '@jest/globals';
import { ClaudeCodeAdapter } from '../../src/agents/claude-code/claude-code.adapter.js';
import { judge } from '../../src/core/judge.js';
import { testConfig } from '../support/test-config.js';
import { describeAgent } from './describe-agent.js';
import { leftClaim, linesOf, recordings, type Recording } from './recordings.js';

const agent = new ClaudeCodeAdapter(testConfig('/home/dev'));
const all = recordings('claude-code');
const transcriptOf = ({ files }: Recording) => files.find((file) => file.startsWith('projects/'));
const streamsOf = ({ files }: Recording) => files.filter((file) => file.endsWith('.stream.jsonl'));

describeAgent('Claude Code', {
  agent,
  recordings: all,
  transcript: (recording) => {
    const file = transcriptOf(recording);
    return file === undefined
      ? undefined
      : { path: `/home/dev/.claude/${file}`, lines: linesOf(recording, file) };
  },
  holding: (recording) => {
    if (recording.aliveAtCapture) return { liveness: 'alive' };
    return { liveness: leftClaim(recording) ? 'dead' : 'absent' };
  },
  streams: streamsOf,
  told: {},
  toldByStream: {},
  contract: { cwd: '/home/dev/project', version: '2.1.197' },
  foreignFile: '/home/dev/.claude/projects/-home-dev-project/notes.jsonl',
});

describe('Claude Code', () => {
  const limited = all.filter(
    ({ resetEpoch, exitCode }) => resetEpoch != null && Object.keys(exitCode).length === 1,
  );

  it.each(limited)('$scenario: the stream of our own run has the reset to the second', (recording) => {
    const run = agent.newRun();
    for (const line of linesOf(recording, streamsOf(recording)[0] ?? '')) run.accept(line);
    const outcome = run.outcome({ exit: { code: 1 }, stderrTail: '', atMs: 0 });
    const atMs = (recording.resetEpoch ?? 0) * 1000;
    expect(outcome.verdict).toMatchObject({
      reason: 'usage_limit',
      window: recording.limitType,
      reset: { atMs, source: 'structured' },
    });
    const file = transcriptOf(recording) ?? '';
    const transcript = agent.newTranscript(`/home/dev/.claude/${file}`);
    for (const line of linesOf(recording, file)) transcript.accept(line);
    expect(outcome.recordId).toBe(judge(transcript.view(), { liveness: 'absent' })?.recordId);
  });

  it.each(all.filter((recording) => transcriptOf(recording) !== undefined))(
    '$scenario: the permission mode is read',
    (recording) => {
      const file = transcriptOf(recording) ?? '';
      const transcript = agent.newTranscript(`/home/dev/.claude/${file}`);
      for (const line of linesOf(recording, file)) transcript.accept(line);
      expect(transcript.view().permissionMode).toMatch(/^(default|acceptEdits)$/);
    },
  );

  it.each(all.filter(({ files }) => files.includes('hooks.jsonl')))(
    '$scenario: its hooks report failures with the reason the records have',
    (recording) => {
      const signals = linesOf(recording, 'hooks.jsonl').flatMap((line) =>
        agent.signalsOf(JSON.parse(line), 1),
      );
      const reasons = signals.flatMap((signal) => (signal.kind === 'failed' ? [signal.verdict.reason] : []));
      const last =
        recording.scenario.startsWith('resumed') || recording.scenario.startsWith('context_manual');
      if (reasons.length > 0 && !last) expect(reasons.at(-1)).toBe(recording.expectedReason);
      expect(signals.every(({ sessionId }) => sessionId.length > 0)).toBe(true);
    },
  );
});
