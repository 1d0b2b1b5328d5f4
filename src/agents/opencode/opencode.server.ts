import type { AgentServer } from '../../core/ports/agent.js';

const USER = 'opencode';

/** Every call names the folder of its session. */
const inFolder = (path: string, folder: string): string => `${path}?directory=${encodeURIComponent(folder)}`;

/**
 * The server of `opencode serve`, `web`, and of the terminal program where it was given a port (1.18.33). To ask for
 * a folder makes the server load it, so only those are asked for in which it works.
 */
export const OPENCODE_SERVER: AgentServer = {
  events: '/global/event',

  stateOf: (folder) => [inFolder('/session/status', folder), inFolder('/permission', folder)],

  session: (sessionId, folder) => inFolder(`/session/${sessionId}`, folder),

  prompt: (sessionId, folder, text) => ({
    path: inFolder(`/session/${sessionId}/prompt_async`, folder),
    body: { parts: [{ type: 'text', text }] },
  }),

  compact: (sessionId, { cwd, model = '' }) => {
    const [providerID, ...rest] = model.split('/');
    if (rest.length === 0) return undefined;
    return {
      path: inFolder(`/session/${sessionId}/summarize`, cwd),
      body: { providerID, modelID: rest.join('/') },
    };
  },

  abort: (sessionId, folder) => ({
    path: inFolder(`/session/${sessionId}/abort`, folder),
    body: {},
  }),

  authorization: (env) => {
    const password = env('OPENCODE_SERVER_PASSWORD');
    if (password === undefined) return undefined;
    const user = env('OPENCODE_SERVER_USERNAME') ?? USER;
    return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  },
};
