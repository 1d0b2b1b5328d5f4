import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ProcessInfo } from '../core/ports/process-host.js';
import { argvOf, cwdOf, listPids } from './proc.js';

const run = promisify(execFile);
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

/** Every process of this machine that can be looked at; some 10 µs each on Linux. */
export async function listProcesses(): Promise<readonly ProcessInfo[]> {
  return process.platform === 'linux' ? listByProc() : listByPs();
}

/** Kernel threads have no command line, and neither has a process that is about to become another program. */
function listByProc(): readonly ProcessInfo[] {
  return listPids().flatMap((pid) => {
    const argv = argvOf(pid);
    if (argv.length === 0) return [];
    const cwd = cwdOf(pid);
    return [{ pid, argv, ...(cwd === undefined ? {} : { cwd }) }];
  });
}

/** Where there is no /proc, such as on macOS; `ps` tells no working directory. */
async function listByPs(): Promise<readonly ProcessInfo[]> {
  const { stdout } = await run('ps', ['-axo', 'pid=,command='], { maxBuffer: MAX_OUTPUT_BYTES }).catch(
    () => ({
      stdout: '',
    }),
  );
  return stdout.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(.+)$/.exec(line);
    return match?.[2] === undefined ? [] : [{ pid: Number(match[1]), argv: match[2].split(' ') }];
  });
}
