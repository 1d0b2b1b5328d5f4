import { CodexAdapter } from '../../src/agents/codex/codex.adapter.js';
import { testConfig } from '../support/test-config.js';
import { describeAgent } from './describe-agent.js';
import { linesOf, recordings, type Recording } from './recordings.js';

const agent = new CodexAdapter(testConfig('/home/dev'));
const rolloutOf = ({ files }: Recording) => files.find((file) => file.includes('rollout-'));

describeAgent('Codex', {
  agent,
  recordings: recordings('codex'),
  transcript: (recording) => {
    const file = rolloutOf(recording);
    return file === undefined
      ? undefined
      : { path: `/home/dev/.codex/${file}`, lines: linesOf(recording, file) };
  },
  // No recording was of a turn under way: a lock file that is left is free.
  holding: () => ({ liveness: 'dead' }),
  streams: ({ files }) => files.filter((file) => file.endsWith('.exec.jsonl')),
  told: {},
  toldByStream: {
    // It never came to be a run of the session.
    active_writer_conflict: 'unknown',
    // A stream that just ends says nothing of why.
    user_abort: 'crash',
  },
  contract: { cwd: '/home/dev/project', version: '0.169.0', permissionMode: 'danger-full-access' },
  foreignFile: '/home/dev/.codex/sessions/2026/11/22/notes.jsonl',
});
