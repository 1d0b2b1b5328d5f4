import { findCommand, type Command, type Commands } from './command.js';
import { EXIT } from './command-error.js';
import { table } from './format.js';
import { print } from './print.js';

const GLOBAL_OPTIONS = [
  ['--json', 'the answer as JSON, for machines'],
  ['--url URL', 'where the service is; by default where the settings tell it to listen'],
  ['--config FILE', 'settings file, as for start'],
  ['--SECTION.KEY=VALUE', 'one setting, as for start; "config show" lists them'],
  ['--help', 'help of a command'],
] as const;

const EXIT_CODES = [
  ['0', 'done'],
  [
    '1',
    'it failed; of run: the session did not complete; of doctor: something fails; of service status: it does not run',
  ],
  ['2', 'wrong usage or settings'],
  ['3', 'the service is not reachable'],
  ['130', 'of run: no longer followed, because of Ctrl-C'],
] as const;

/** Tells about the other commands. */
export function helpCommand(others: Commands): Command {
  return {
    summary: 'this help, or that of one command',
    usage: '[COMMAND]',
    maxOperands: 1,
    run: async (call) => {
      const [name] = call.operands;
      print(name === undefined || name === 'help' ? overview(others) : helpOf(name, others));
      return EXIT.done;
    },
  };
}

export function overview(commands: Commands): string {
  const names = [...commands].map(([name, { summary }]) => [name, summary]);
  return [
    'Palingenesis keeps AI coding agents at work: it waits out usage limits and resumes their sessions.',
    'Usage: palingenesis COMMAND [OPTIONS]',
    section('Commands', [...names, ['help [COMMAND]', 'this help, or that of one command']]),
    section('Options', GLOBAL_OPTIONS),
    section('Exit codes', EXIT_CODES),
  ].join('\n\n');
}

export function helpOf(name: string, commands: Commands): string {
  const { summary, usage, details = [], standsAlone } = findCommand(name, commands);
  const lines = [`palingenesis ${name}: ${summary}`, '', `Usage: palingenesis ${name} ${usage}`.trimEnd()];
  if (details.length > 0) lines.push('', indented(details.join('\n')));
  if (standsAlone !== true) lines.push('', section('Options', GLOBAL_OPTIONS));
  return lines.join('\n');
}

function section(title: string, rows: readonly (readonly string[])[]): string {
  return `${title}:\n${indented(table(rows))}`;
}

function indented(lines: string): string {
  return lines.replaceAll(/^(?=.)/gm, '  ');
}
