import { execFile, spawn } from 'node:child_process';
import { open, realpath, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { Injectable } from '@nestjs/common';
import { PalingenesisError, messageOf } from '../core/errors.js';
import {
  ProcessHost,
  type Command,
  type ProcessExit,
  type ProcessInfo,
  type ProcessRef,
  type StartedProcess,
} from '../core/ports/process-host.js';
import { errnoOf } from './errno.js';
import { ListeningPorts } from './listening-ports.js';
import { listProcesses } from './list-processes.js';
import { argvOf, descriptorsOf, environmentOf, listPids, readLocks, readStat } from './proc.js';
import { bigStatOf } from './stat-of.js';

const run = promisify(execFile);

/** Processes of this machine; start times are read from /proc where there is one (Linux). */
@Injectable()
export class LocalProcessHost extends ProcessHost {
  readonly #ports = new ListeningPorts();

  async start(command: Command, output: { stdoutPath: string; stderrPath: string }): Promise<StartedProcess> {
    await requireFolder(command.cwd);
    const stdout = await open(output.stdoutPath, 'a', 0o600);
    const stderr = await open(output.stderrPath, 'a', 0o600);
    try {
      return await spawnDetached(command, stdout.fd, stderr.fd);
    } finally {
      await stdout.close();
      await stderr.close();
    }
  }

  isAlive({ pid, procStart }: ProcessRef): boolean {
    try {
      process.kill(pid, 0);
    } catch (error) {
      return errnoOf(error) === 'EPERM';
    }
    const status = readStat(pid);
    if (status === undefined) return process.platform !== 'linux';
    return status.state !== 'Z' && (procStart === undefined || procStart === status.start);
  }

  findByEnv(name: string, value: string): ProcessRef | undefined {
    const wanted = `${name}=${value}`;
    const leaders = listPids()
      .filter((pid) => environmentOf(pid).includes(wanted))
      .map((pid) => ({ pid, stat: readStat(pid) }))
      // Its tools inherit the variable; the process we started leads its session and is the oldest.
      .filter(({ pid, stat }) => stat !== undefined && stat.session === String(pid))
      .sort((a, b) => Number(a.stat?.start) - Number(b.stat?.start));
    return leaders[0] === undefined ? undefined : refOf(leaders[0].pid);
  }

  signalGroup({ pid, procStart }: ProcessRef, signal: 'SIGTERM' | 'SIGKILL'): void {
    if (!this.isAlive({ pid, ...(procStart === undefined ? {} : { procStart }) })) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // gone between the look and the signal
    }
  }

  list(isWanted: (argv: readonly string[]) => boolean): Promise<readonly ProcessInfo[]> {
    return listProcesses(isWanted);
  }

  /** Where there is no /proc the words of a command line cannot be told apart. */
  argvOf(pid: number): readonly string[] | undefined {
    const argv = argvOf(pid);
    return argv.length === 0 ? undefined : argv;
  }

  envOf(pid: number, name: string): string | undefined {
    const start = `${name}=`;
    return environmentOf(pid)
      .find((entry) => entry.startsWith(start))
      ?.slice(start.length);
  }

  async lockHolders(paths: readonly string[]): Promise<ReadonlyMap<string, number>> {
    if (paths.length === 0) return new Map();
    if (process.platform !== 'linux') return openedBy(paths);
    const locks = Map.groupBy(readLocks(), ({ inode }) => inode);
    const openedFiles = new OpenedFiles();
    const holders = new Map<string, number>();
    for (const path of paths) {
      const info = bigStatOf(path);
      const candidates = (info && locks.get(String(info.ino))) ?? [];
      if (candidates.length === 0) continue;
      // Descriptors name the file itself, whatever links lead there.
      const file = await realpath(path).catch(() => path);
      const holder = candidates.find(({ pid }) => openedFiles.mayHold(pid, file));
      if (holder !== undefined) holders.set(path, holder.pid);
    }
    return holders;
  }

  async listeningPorts(pid: number): Promise<readonly number[]> {
    return this.#ports.of(pid);
  }
}

/** What processes have open, each looked at once: one may hold hundreds of locks. */
class OpenedFiles {
  readonly #byPid = new Map<number, ReadonlySet<string>>();

  /** Inodes of two file systems can be alike: the holder has the file open, or may not be looked at. */
  mayHold(pid: number, path: string): boolean {
    const opened = this.#byPid.get(pid) ?? new Set(descriptorsOf(pid));
    this.#byPid.set(pid, opened);
    return opened.size === 0 || opened.has(path);
  }
}

/** Where there is no /proc, such as on macOS: who has the file open holds its lock. */
async function openedBy(paths: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const holders = new Map<string, number>();
  for (const path of paths) {
    const { stdout } = await run('lsof', ['-t', '--', path]).catch(() => ({ stdout: '' }));
    if (stdout.trim() !== '') holders.set(path, Number(stdout.trim().split('\n')[0]));
  }
  return holders;
}

async function requireFolder(cwd: string): Promise<void> {
  const info = await stat(cwd).catch(() => undefined);
  if (info?.isDirectory() === true) return;
  throw new PalingenesisError(
    'cwd-missing',
    `cannot work in ${cwd}: no such folder; make it or name another`,
  );
}

function spawnDetached(command: Command, stdout: number, stderr: number): Promise<StartedProcess> {
  return new Promise((resolve, reject) => {
    const child = spawn(command.file, command.args, {
      cwd: command.cwd,
      env: { ...process.env, ...command.env },
      detached: true,
      stdio: ['pipe', stdout, stderr],
    });
    const exit = new Promise<ProcessExit>((ended) => {
      child.once('exit', (code, signal) =>
        ended({ ...(code === null ? {} : { code }), ...(signal === null ? {} : { signal }) }),
      );
    });
    child.once('error', (error) => {
      const what = `could not start '${command.file}': ${messageOf(error)}`;
      const advice = 'install the agent or name its program in [agents.<id>] command';
      reject(new PalingenesisError('agent-unavailable', `${what}; ${advice}`, { cause: error }));
    });
    child.once('spawn', () => resolve({ ...refOf(child.pid ?? 0), exit }));
    // A child that ends without reading its prompt breaks the pipe; its exit tells the story.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(command.stdin);
    child.unref();
  });
}

function refOf(pid: number): ProcessRef {
  const start = readStat(pid)?.start;
  return { pid, ...(start === undefined ? {} : { procStart: start }) };
}
