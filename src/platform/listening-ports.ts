import { descriptorsOf, readListeners } from './proc.js';

/** A socket is made a moment before it listens: one look more tells. */
const SETTLED_LOOKS = 2;
const MAX_PROCESSES = 1000;

type Known = Readonly<{ sockets: string; ports: readonly number[]; looks: number }>;

/**
 * The TCP ports that processes listen on. The list of all sockets of a machine is long, so it is read only for a
 * process whose own sockets are others than before.
 */
export class ListeningPorts {
  readonly #known = new Map<number, Known>();

  of(pid: number): readonly number[] {
    const inodes = descriptorsOf(pid).flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []);
    const sockets = inodes.join(' ');
    const known = this.#known.get(pid);
    const looks = known?.sockets === sockets ? known.looks : 0;
    if (known !== undefined && looks >= SETTLED_LOOKS) return known.ports;
    const ports = portsOf(inodes);
    if (this.#known.size >= MAX_PROCESSES) this.#known.clear();
    this.#known.set(pid, { sockets, ports, looks: looks + 1 });
    return ports;
  }
}

function portsOf(inodes: readonly string[]): readonly number[] {
  if (inodes.length === 0) return [];
  const listeners = readListeners();
  return [...new Set(inodes.flatMap((inode) => listeners.get(inode) ?? []))];
}
