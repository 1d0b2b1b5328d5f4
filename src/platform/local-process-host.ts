import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { PalingenesisError, messageOf } from '../core/errors.js';
import {
  ProcessHost,
  type Command,
  type ProcessExit,
  type ProcessRef,
  type StartedProcess,
} from '../core/ports/process-host.js';
import { errnoOf } from './errno.js';

/** Fields of /proc/<pid>/stat (proc(5): 3, 6, 22), counted after the command name, which may hold spaces. */
const STATE_FIELD = 0;
const SESSION_FIELD = 3;
const START_TIME_FIELD = 19;

/** Processes of this machine; start times are read from /proc where there is one (Linux). */
@Injectable()
export class LocalProcessHost extends ProcessHost {
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
    const leaders = listProc()
      .filter((entry) => environmentOf(entry).includes(wanted))
      .map((entry) => ({ pid: Number(entry), stat: readStat(Number(entry)) }))
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

type ProcStat = Readonly<{ state: string; session: string; start: string }>;

function readStat(pid: number): ProcStat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return {
      state: fields[STATE_FIELD] ?? '',
      session: fields[SESSION_FIELD] ?? '',
      start: fields[START_TIME_FIELD] ?? '',
    };
  } catch {
    return undefined;
  }
}

function listProc(): readonly string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

function environmentOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
