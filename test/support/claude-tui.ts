import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import type { ClaudeHome } from './claude-home.js';
import type { JsonRecord } from './json-lines.js';
import { until } from './until.js';

const TIMEOUT_MS = 30_000;
const SESSION = 'claude';

export interface ClaudeTuiOptions {
  tmuxSocket?: string;
  args?: string[];
  cwd?: string;
}

/** A real Claude TUI in a tmux server of its own. */
export class ClaudeTui {
  readonly pid: number;
  readonly tmuxSocket: string;
  private readonly home: ClaudeHome;

  constructor(home: ClaudeHome, tmuxSocket: string, pid: number) {
    this.home = home;
    this.tmuxSocket = tmuxSocket;
    this.pid = pid;
  }

  /** Types a prompt and submits it. */
  async send(text: string): Promise<void> {
    await this.tmux('send-keys', '-t', SESSION, '-l', text);
    // An Enter that follows too closely is taken as part of a paste: wait until the input shows the text.
    await this.untilPane((pane) => squeeze(inputOf(pane)).includes(squeeze(text)));
    await this.key('Enter');
  }

  /** Presses one key, by its tmux name. */
  async key(name: string): Promise<void> {
    await this.tmux('send-keys', '-t', SESSION, name);
  }

  pane(): Promise<string> {
    return this.tmux('capture-pane', '-t', SESSION, '-p');
  }

  async untilPane(predicate: (pane: string) => boolean, timeoutMs = TIMEOUT_MS): Promise<string> {
    const check = async () => {
      const pane = await this.pane();
      return predicate(pane) ? pane : undefined;
    };
    return until(check, {
      timeoutMs,
      failure: () => this.failure('The pane never showed what was expected'),
    });
  }

  /** Waits for an entry of this process in Claude's registry. */
  async untilRegistry(
    predicate: (entry: JsonRecord) => boolean,
    timeoutMs = TIMEOUT_MS,
  ): Promise<JsonRecord> {
    const check = async () =>
      (await this.home.registry()).find((entry) => entry['pid'] === this.pid && predicate(entry));
    return until(check, {
      timeoutMs,
      failure: () => this.failure('The registry never said what was expected'),
    });
  }

  /** Ends the tmux server and waits until Claude is gone. */
  async close(): Promise<void> {
    await this.tmux('kill-server').catch(() => undefined);
    const check = () => Promise.resolve(isAlive(this.pid) ? undefined : true);
    await until(check, {
      timeoutMs: TIMEOUT_MS,
      failure: () => `Claude (${this.pid}) outlived its terminal`,
    });
  }

  private tmux(...args: string[]): Promise<string> {
    return tmux(this.home, ['-L', this.tmuxSocket, ...args]);
  }

  private async failure(message: string): Promise<string> {
    const registry = JSON.stringify(await this.home.registry());
    const pane = await this.pane().catch(String);
    return `${message}\nregistry: ${registry}\npane:\n${pane.trim()}`;
  }
}

/** Opens the TUI and waits until it takes input. */
export async function startClaudeTui(
  home: ClaudeHome,
  binary: string,
  { tmuxSocket = `claude-${randomUUID().slice(0, 8)}`, args = [], cwd = home.cwd }: ClaudeTuiOptions = {},
): Promise<ClaudeTui> {
  const server = ['-L', tmuxSocket, '-f', '/dev/null', 'set-option', '-g', 'remain-on-exit', 'on', ';'];
  const session = ['new-session', '-d', '-s', SESSION, '-x', '160', '-y', '50', '-c', cwd];
  const pid = await tmux(home, [...server, ...session, '-P', '-F', '#{pane_pid}', binary, ...args]);
  const tui = new ClaudeTui(home, tmuxSocket, Number(pid));
  try {
    await tui.untilRegistry((entry) => entry['status'] === 'idle');
  } catch (error) {
    await tui.close();
    throw error;
  }
  return tui;
}

function inputOf(pane: string): string {
  return pane.slice(pane.lastIndexOf('❯'));
}

/** Without the blanks and line breaks that wrapping adds. */
function squeeze(text: string): string {
  return text.replaceAll(/\s/g, '');
}

/** The server inherits the environment of its first client, and Claude that of the server. */
async function tmux({ env }: ClaudeHome, args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('tmux', args, { env });
  return stdout;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
