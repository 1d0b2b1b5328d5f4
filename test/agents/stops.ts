import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { AgentRun } from '../support/agent-process.js';
import type { Step, ToolCall } from '../support/provider/step.js';
import { until } from '../support/until.js';

const TIMEOUT_MS = 30_000;
const STARTED = 'started';

/** Resets that no run of these tests lives to see, in epoch seconds. */
export const IN_AN_HOUR = Math.floor(Date.now() / 1000) + 3600;
export const IN_THREE_DAYS = IN_AN_HOUR + 3 * 86_400;

export const FOREVER = { times: 'forever' } as const;

/** An answer of a model that works on such things; nobody is limited by it. */
export const LIMIT_TALK: Step = {
  type: 'ok',
  text: "API Error: You've hit your usage limit · resets 3pm (UTC). 429 rate_limit_error, overloaded, crash: all handled now.",
};

/** A command that runs until it is ended, and says that it has begun. */
export const LONG_COMMAND = `touch ${STARTED} && sleep 100`;

export function call(tool: ToolCall): Step {
  return { type: 'ok', text: 'I look.', tools: [tool] };
}

export function iso(epochSec: number): string {
  return new Date(epochSec * 1000).toISOString();
}

export function wholeMinute(epochSec: number): number {
  return epochSec - (epochSec % 60);
}

/** Waits until the long command runs in that folder. */
export async function untilStarted(cwd: string): Promise<void> {
  const check = () =>
    access(join(cwd, STARTED)).then(
      () => true as const,
      () => undefined,
    );
  await until(check, { timeoutMs: TIMEOUT_MS, failure: () => 'The tool did not start' });
}

export async function expectExit({ exit }: AgentRun, code: number): Promise<void> {
  const { stdout, stderr, ...ended } = await exit;
  expect({ ...ended, stdout, stderr }).toMatchObject({ code });
}
