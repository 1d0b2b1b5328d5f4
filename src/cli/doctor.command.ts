import type { Command } from './command.js';
import { usageError } from './command-error.js';
import { printable, table } from './format.js';

/** Here for its help: it knows the agents, and so is a program of its own, which the bin starts. */
export const doctorCommand: Command = {
  summary: 'look whether everything is in place: agents, logins, permissions, ports, clock, disk',
  usage: '',
  details: [
    'Works without the service, and changes nothing. Each line says "ok", or what to do.',
    'Ends with 1 when something fails; what only may be wrong is a warning.',
  ],
  run: () => {
    throw usageError('doctor comes first: palingenesis doctor [--json] [--SECTION.KEY=VALUE …]');
  },
};

type Line = Readonly<{ status: 'ok' | 'warn' | 'fail'; subject: string; what: string; advice?: string }>;

const COLOURS = { ok: 32, warn: 33, fail: 31 } as const;

/** One line each, what to do below it; in colours on a terminal. */
export function formatFindings(findings: readonly Line[], isTerminal: boolean): string {
  const rows = table(findings.map(({ status, subject, what }) => [status, subject, what])).split('\n');
  const lines = findings.flatMap(({ status, advice }, index) => {
    const row = rows[index] ?? '';
    const shown = isTerminal
      ? `\u001b[${COLOURS[status]}m${status}\u001b[0m${row.slice(status.length)}`
      : row;
    return advice === undefined ? [shown] : [shown, `      → ${printable(advice)}`];
  });
  return lines.join('\n');
}
