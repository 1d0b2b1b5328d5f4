import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ProcessInfo } from '../core/ports/process-host.js';
import { argvOf, cwdOf, listPids, startedMsOf } from './proc.js';

type IsWanted = (argv: readonly string[]) => boolean;

const run = promisify(execFile);
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;
/** A process as `ps` prints it: id, start such as `Tue Nov 24 08:00:00 2026`, command line. */
const PS_LINE = /^\s*(\d+)\s+(\w{3}\s+\w{3}\s+\d+\s+[\d:]{8}\s+\d{4})\s+(.+)$/;

/** The processes of this machine whose command line is wanted; some 10 µs for each that is not. Rejects where `ps` fails. */
export async function listProcesses(isWanted: IsWanted): Promise<readonly ProcessInfo[]> {
  return process.platform === 'linux' ? listByProc(isWanted) : listByPs(isWanted);
}

/** Kernel threads have no command line, and neither has a process that is about to become another program. */
function listByProc(isWanted: IsWanted): readonly ProcessInfo[] {
  return listPids().flatMap((pid) => {
    const argv = argvOf(pid);
    if (argv.length === 0 || !isWanted(argv)) return [];
    const [cwd, startedMs] = [cwdOf(pid), startedMsOf(pid)];
    return [
      { pid, argv, ...(cwd === undefined ? {} : { cwd }), ...(startedMs === undefined ? {} : { startedMs }) },
    ];
  });
}

/** Where there is no /proc, such as on macOS; `ps` tells no working directory. */
async function listByPs(isWanted: IsWanted): Promise<readonly ProcessInfo[]> {
  const env = { ...process.env, LC_ALL: 'C' };
  const options = { maxBuffer: MAX_OUTPUT_BYTES, env };
  const { stdout } = await run('ps', ['-axo', 'pid=,lstart=,command='], options);
  return parsePs(stdout).filter(({ argv }) => isWanted(argv));
}

/** What `ps -axo pid=,lstart=,command=` printed, its times by the clock of this machine. */
export function parsePs(output: string): readonly ProcessInfo[] {
  return output.split('\n').flatMap((line) => {
    const [, pid, start = '', command] = PS_LINE.exec(line) ?? [];
    if (command === undefined) return [];
    const startedMs = Date.parse(start);
    return [
      {
        pid: Number(pid),
        argv: command.trim().split(/\s+/),
        ...(Number.isNaN(startedMs) ? {} : { startedMs }),
      },
    ];
  });
}
