import { toStatus, type Status } from './api.js';
import type { Call } from './call.js';
import type { Command } from './command.js';
import { EXIT, type ExitCode } from './command-error.js';
import { absoluteTime, counted, duration, relativeTime, table } from './format.js';
import { print } from './print.js';
import { watchStatus } from './watch-status.js';

export const statusCommand: Command = {
  summary: 'how the service is: sessions, saves, and what is waited for',
  usage: '[--watch]',
  details: ['--watch  show it anew every second, until Ctrl-C'],
  options: { watch: { type: 'boolean' } },
  run: (call) => (call.isOn('watch') ? watchStatus(call, formatStatus) : showStatus(call)),
};

async function showStatus(call: Call): Promise<ExitCode> {
  const answer = await (await call.client()).get('/api/v1/status');
  print(call.wantsJson ? answer.text : formatStatus(toStatus(answer.fields), Date.now()));
  return EXIT.done;
}

/** `due`: how times ahead are told. */
export function formatStatus(status: Status, nowMs: number, due = relativeTime): string {
  const { state, version, uptimeS, sessions, episodes, saves, timeSavedS, waits } = status;
  const head = table([
    ['state', `${state}${state === 'paused' ? ' (stops are recorded, nothing is resumed)' : ''}`],
    ['version', version],
    ['up', duration(uptimeS)],
    ['sessions', counted(sessions)],
    ['episodes', counted(episodes)],
    ['saves', saves === 0 ? '0' : `${saves} (${duration(timeSavedS)} of work)`],
    ['waits', waits.length === 0 ? 'none' : String(waits.length)],
  ]);
  return waits.length === 0 ? head : `${head}\n\n${formatWaits(status, nowMs, due)}`;
}

function formatWaits({ waits }: Status, nowMs: number, due: typeof relativeTime): string {
  const rows = waits.map(({ dueAtMs, reason, sessionId, why }) => [
    due(dueAtMs, nowMs),
    absoluteTime(dueAtMs),
    reason,
    sessionId,
    why,
  ]);
  return table([['DUE', 'AT', 'REASON', 'SESSION', 'WHY'], ...rows]);
}
