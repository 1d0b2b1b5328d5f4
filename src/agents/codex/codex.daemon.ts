import { join } from 'node:path';
import { at } from '../../core/json-record.js';
import type { AgentDaemon } from '../../core/ports/live-surface.js';

const AT_REST = new Set<unknown>(['idle', 'systemError']);

/**
 * The app-server daemon (0.169.0), in which the threads of its terminals run. To resume a thread that is loaded is to
 * subscribe to it; without a sandbox given it would fall to read-only.
 */
export function codexDaemon(home: string): AgentDaemon {
  return {
    socket: join(home, 'app-server-control', 'app-server-control.sock'),
    hello: {
      method: 'initialize',
      params: { clientInfo: { name: 'palingenesis', title: null, version: '1' } },
    },
    look: (threadId) => ({ method: 'thread/read', params: { threadId, includeTurns: false } }),
    isAtRest: (answer) => AT_REST.has(at(answer, 'thread', 'status', 'type')),
    tell: (threadId, { cwd, model, effort, permissionMode }, text) => [
      {
        method: 'thread/resume',
        params: {
          threadId,
          cwd,
          excludeTurns: true,
          ...(permissionMode === undefined ? {} : { sandbox: permissionMode }),
        },
      },
      {
        method: 'turn/start',
        params: {
          threadId,
          input: [{ type: 'text', text }],
          ...(model === undefined ? {} : { model }),
          ...(effort === undefined ? {} : { effort }),
        },
      },
    ],
  };
}
