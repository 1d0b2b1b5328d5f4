import type { AgentServer } from '../../core/ports/agent.js';

const USER = 'opencode';

/**
 * The server of `opencode serve`, `web`, and of the terminal program where it was given a port (1.18.33). To ask for
 * a folder makes the server load it, so only those are asked for in which it works.
 */
export const OPENCODE_SERVER: AgentServer = {
  events: '/global/event',

  stateOf: (folder) => {
    const query = `?directory=${encodeURIComponent(folder)}`;
    return [`/session/status${query}`, `/permission${query}`];
  },

  session: (sessionId, folder) => `/session/${sessionId}?directory=${encodeURIComponent(folder)}`,

  prompt: (sessionId, folder, text) => ({
    path: `/session/${sessionId}/prompt_async?directory=${encodeURIComponent(folder)}`,
    body: { parts: [{ type: 'text', text }] },
  }),

  compact: (sessionId, { cwd, model = '' }) => {
    const [providerID, ...rest] = model.split('/');
    if (rest.length === 0) return undefined;
    return {
      path: `/session/${sessionId}/summarize?directory=${encodeURIComponent(cwd)}`,
      body: { providerID, modelID: rest.join('/') },
    };
  },

  abort: (sessionId, folder) => ({
    path: `/session/${sessionId}/abort?directory=${encodeURIComponent(folder)}`,
    body: {},
  }),

  authorization: (env) => {
    const password = env('OPENCODE_SERVER_PASSWORD');
    if (password === undefined) return undefined;
    const user = env('OPENCODE_SERVER_USERNAME') ?? USER;
    return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  },
};
