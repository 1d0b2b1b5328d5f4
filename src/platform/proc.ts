import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { EpochMs } from '../core/stop.js';

/** Fields of /proc/<pid>/stat (proc(5): 3 to 8, 22), counted after the command name, which may hold spaces. */
const STATE_FIELD = 0;
const PARENT_FIELD = 1;
const GROUP_FIELD = 2;
const SESSION_FIELD = 3;
const FOREGROUND_FIELD = 5;
const START_TIME_FIELD = 19;
/** USER_HZ, in which Linux counts times for programs, on every platform Node runs on. */
const TICKS_PER_S = 100;

/** `foregroundGroup` is that of its terminal, -1 where it has none. */
export type ProcStat = Readonly<{
  state: string;
  parent: number;
  group: number;
  session: string;
  foregroundGroup: number;
  start: string;
}>;

export function readStat(pid: number): ProcStat | undefined {
  const text = read(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return {
    state: fields[STATE_FIELD] ?? '',
    parent: Number(fields[PARENT_FIELD]),
    group: Number(fields[GROUP_FIELD]),
    foregroundGroup: Number(fields[FOREGROUND_FIELD]),
    session: fields[SESSION_FIELD] ?? '',
    start: fields[START_TIME_FIELD] ?? '',
  };
}

/** The ids of all processes; none where there is no /proc. */
export function listPids(): readonly number[] {
  try {
    return readdirSync('/proc').filter(isNumber).map(Number);
  } catch {
    return [];
  }
}

export function argvOf(pid: number): readonly string[] {
  return split(read(`/proc/${pid}/cmdline`));
}

/** The name of its program, without a path and cut to 15 characters (proc(5): comm). */
export function commandNameOf(pid: number): string | undefined {
  return read(`/proc/${pid}/comm`)?.trim();
}

export function environmentOf(pid: number): readonly string[] {
  return split(read(`/proc/${pid}/environ`));
}

export function cwdOf(pid: number): string | undefined {
  return link(`/proc/${pid}/cwd`);
}

/** When a process was started, by the clock the machine was booted with (proc(5): btime); to a second. */
export function startedMsOf(pid: number): EpochMs | undefined {
  const start = readStat(pid)?.start;
  const bootedS = /^btime (\d+)$/m.exec(read('/proc/stat') ?? '')?.[1];
  if (start === undefined || bootedS === undefined) return undefined;
  return Number(bootedS) * 1000 + (Number(start) * 1000) / TICKS_PER_S;
}

/** What the descriptors of a process lead to: paths, or such as `socket:[123]`. */
export function descriptorsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`)
      .map((fd) => link(`/proc/${pid}/fd/${fd}`))
      .filter((target) => target !== undefined);
  } catch {
    return [];
  }
}

export type ProcLock = Readonly<{ pid: number; inode: string }>;

/** The locks of files that processes hold (proc(5)): `1: FLOCK  ADVISORY  WRITE 24400 fe:01:12345 0 EOF`; `->` waits. */
export function readLocks(): readonly ProcLock[] {
  const lines = (read('/proc/locks') ?? '').split('\n');
  return lines.flatMap((line) => {
    const match = /^\d+: (?:FLOCK|POSIX)\s+\S+\s+\S+\s+(\d+)\s+\S+:(\d+)\s/.exec(line);
    return match?.[2] === undefined ? [] : [{ pid: Number(match[1]), inode: match[2] }];
  });
}

const LISTENS = '0A';

/** The inodes of listening TCP sockets and their ports (proc(5): local address, state, inode). */
export function readListeners(): ReadonlyMap<string, number> {
  const lines = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) =>
    (read(file) ?? '').split('\n').slice(1),
  );
  return new Map(
    lines.flatMap((line): [string, number][] => {
      const fields = line.trim().split(/\s+/);
      const port = fields[1]?.split(':')[1];
      const inode = fields[9];
      return fields[3] === LISTENS && port !== undefined && inode !== undefined
        ? [[inode, parseInt(port, 16)]]
        : [];
    }),
  );
}

function isNumber(name: string): boolean {
  return /^\d+$/.test(name);
}

function split(text: string | undefined): readonly string[] {
  return text === undefined ? [] : text.split('\0').filter((part) => part !== '');
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function link(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
