import { GeminiCliAdapter } from '../../src/agents/gemini-cli/gemini-cli.adapter.js';
import { testConfig } from '../support/test-config.js';
import { describeAgent } from './describe-agent.js';
import { linesOf, recordings, type Recording } from './recordings.js';

const agent = new GeminiCliAdapter(testConfig('/home/dev'));
const chatOf = ({ files }: Recording) => files.find((file) => file.includes('/chats/'));

describeAgent('Gemini CLI', {
  agent,
  recordings: recordings('gemini-cli').filter(({ scenario }) => scenario !== 'auth_error'),
  transcript: (recording) => {
    const file = chatOf(recording);
    return file === undefined
      ? undefined
      : { path: `/home/dev/.gemini/${file}`, lines: linesOf(recording, file) };
  },
  holding: () => ({ liveness: 'absent' }),
  streams: ({ files }) => files.filter((file) => file.endsWith('.stream.jsonl')),
  told: {
    // Its chat files hold no failures.
    usage_limit: 'unknown',
    // The model's words are written before the tools it calls.
    crash_mid_turn: 'completed',
  },
  toldByStream: {},
  contract: { cwd: '/home/dev/project' },
  foreignFile: '/home/dev/.gemini/tmp/project/logs.json',
});
