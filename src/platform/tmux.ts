import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Injectable } from '@nestjs/common';
import { ProcessHost } from '../core/ports/process-host.js';
import { readStat } from './proc.js';

const run = promisify(execFile);
const TIMEOUT_MS = 5000;
const MAX_ANCESTORS = 64;

/** A pane of a tmux server on this machine. */
export type TmuxPane = Readonly<{ socket: string; id: string }>;

/** Types into panes of tmux 3 and newer. */
@Injectable()
export class Tmux {
  constructor(private readonly processes: ProcessHost) {}

  /**
   * The pane in which a process runs in the foreground, or undefined: where it runs in none, is in the background, or
   * that cannot be proved. What its environment says may be older than the pane: the pane's own process must be the
   * process or one it descends from.
   */
  async paneOf(pid: number): Promise<TmuxPane | undefined> {
    const socket = this.processes.envOf(pid, 'TMUX')?.split(',')[0];
    const id = this.processes.envOf(pid, 'TMUX_PANE');
    if (!socket || id === undefined || !/^%\d+$/.test(id) || !isInForeground(pid)) return undefined;
    const pane = { socket, id };
    const panePid = await this.#ask(pane, '#{pane_pid}').catch(() => '');
    return ancestorsOf(pid).includes(Number(panePid)) ? pane : undefined;
  }

  /** Types a text as it is, without an Enter. */
  async type(pane: TmuxPane, text: string): Promise<void> {
    await this.#leaveMode(pane);
    await tmux(pane, 'send-keys', '-t', pane.id, '-l', '--', text);
  }

  /** Presses a key, by its tmux name. */
  async press(pane: TmuxPane, key: string, times = 1): Promise<void> {
    await this.#leaveMode(pane);
    await tmux(pane, 'send-keys', '-N', String(times), '-t', pane.id, key);
  }

  /** What the pane shows. */
  screen(pane: TmuxPane): Promise<string> {
    return tmux(pane, 'capture-pane', '-p', '-J', '-t', pane.id);
  }

  /** In copy mode keys move a cursor instead of reaching the program. */
  async #leaveMode(pane: TmuxPane): Promise<void> {
    if ((await this.#ask(pane, '#{pane_in_mode}')) !== '0')
      await tmux(pane, 'copy-mode', '-q', '-t', pane.id);
  }

  async #ask(pane: TmuxPane, format: string): Promise<string> {
    return (await tmux(pane, 'display-message', '-p', '-t', pane.id, format)).trim();
  }
}

async function tmux({ socket }: TmuxPane, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run('tmux', ['-S', socket, ...args], { timeout: TIMEOUT_MS });
  return stdout;
}

/** The process and those it descends from; none where that cannot be looked at. */
function ancestorsOf(pid: number): readonly number[] {
  const pids: number[] = [];
  for (let next = pid; next > 1 && pids.length < MAX_ANCESTORS; next = readStat(next)?.parent ?? 0)
    pids.push(next);
  return pids;
}

/** A program that was put into the background would leave the keys to the shell. */
function isInForeground(pid: number): boolean {
  const status = readStat(pid);
  return status !== undefined && status.group === status.foregroundGroup;
}
