import { Injectable } from '@nestjs/common';
import { commandNameOf, cwdOf, environmentOf, listPids, readStat } from './proc.js';

/** A process by its id and the name of its program; arguments can hold secrets. */
export type NamedProcess = Readonly<{ pid: number; name: string }>;

/** Who takes over processes whose parent is gone. */
const REAPERS = new Set(['init', 'systemd', 'tini', 'dumb-init', 'catatonit']);
const MAX_ANCESTORS = 64;

/** Finds what the tools of an agent left running when it died. Linux only; elsewhere there is none to be found. */
@Injectable()
export class Orphans {
  /**
   * Processes that have a variable an agent gives its tools, work in a folder or below it, and descend from no process
   * that still lives.
   */
  in(folder: string, variable: string): readonly NamedProcess[] {
    return listPids()
      .filter((pid) => isBelow(cwdOf(pid), folder) && isMarked(pid, variable) && isLeftAlone(pid, variable))
      .map((pid) => ({ pid, name: commandNameOf(pid) ?? '?' }));
  }
}

function isBelow(path: string | undefined, folder: string): boolean {
  return path === folder || path?.startsWith(`${folder}/`) === true;
}

function isMarked(pid: number, variable: string): boolean {
  return environmentOf(pid).some((entry) => entry.startsWith(`${variable}=`));
}

/** The first of the tools above it has lost its parent. */
function isLeftAlone(pid: number, variable: string): boolean {
  let top = pid;
  for (let steps = 0; steps < MAX_ANCESTORS; steps += 1) {
    const parent = readStat(top)?.parent ?? 0;
    if (parent <= 1 || REAPERS.has(commandNameOf(parent) ?? '')) return true;
    if (!isMarked(parent, variable)) return false;
    top = parent;
  }
  return false;
}
