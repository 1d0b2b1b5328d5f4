import { join } from 'node:path';
import { at, numberOf } from '../../core/json-record.js';
import type { AccountAnswer } from '../../core/ports/account-probe.js';
import type { AgentDaemon } from '../../core/ports/live-surface.js';

const FULL_PERCENT = 100;
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
    quota: { ask: { method: 'account/rateLimits/read', params: {} }, meaning: quotaIn },
  };
}

/** A ChatGPT login tells; the reset that counts is the last one of the windows that are full, in epoch seconds. */
function quotaIn(answer: unknown): AccountAnswer | undefined {
  if (at(answer, 'ordinaryUsageAllowed') === true) return 'allowed';
  const windows = [at(answer, 'rateLimits', 'primary'), at(answer, 'rateLimits', 'secondary')];
  const resetsSec = windows
    .filter((window) => (numberOf(at(window, 'usedPercent')) ?? 0) >= FULL_PERCENT)
    .flatMap((window) => numberOf(at(window, 'resetsAt')) ?? []);
  return resetsSec.length === 0 ? undefined : { resetAtMs: Math.max(...resetsSec) * 1000 };
}
