import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import type { AgentHome } from './agent-home.js';
import { isAlive } from './is-alive.js';
import { until } from './until.js';

export const TUI_TIMEOUT_MS = 30_000;
const SESSION = 'agent';

export interface TuiOptions {
  tmuxSocket?: string;
  args?: string[];
  cwd?: string;
}

/** A real agent TUI in a tmux server of its own. */
export class AgentTui {
  constructor(
    protected readonly home: AgentHome,
    readonly tmuxSocket: string,
    readonly pid: number,
    /** What stands before the input, and nowhere after it. */
    private readonly promptSign?: string,
  ) {}

  /** Types a prompt and submits it. */
  async send(text: string): Promise<void> {
    await this.tmux('send-keys', '-t', SESSION, '-l', text);
    // An Enter that follows too closely is taken as part of a paste: wait until the input shows the text.
    await this.untilPane((pane) => squeeze(this.inputOf(pane)).includes(squeeze(text)));
    await this.key('Enter');
  }

  /** Presses one key, by its tmux name. */
  async key(name: string): Promise<void> {
    await this.tmux('send-keys', '-t', SESSION, name);
  }

  pane(): Promise<string> {
    return this.tmux('capture-pane', '-t', SESSION, '-p');
  }

  async untilPane(predicate: (pane: string) => boolean, timeoutMs = TUI_TIMEOUT_MS): Promise<string> {
    const check = async () => {
      const pane = await this.pane();
      return predicate(pane) ? pane : undefined;
    };
    return until(check, {
      timeoutMs,
      failure: () => this.failure('The pane never showed what was expected'),
    });
  }

  /** Waits until the agent has ended by itself. */
  async untilGone(): Promise<void> {
    const check = async () => (isAlive(this.pid) ? undefined : true);
    await until(check, {
      timeoutMs: TUI_TIMEOUT_MS,
      failure: () => this.failure(`The agent (${this.pid}) does not end`),
    });
  }

  /** Ends the tmux server and waits until the agent is gone. */
  async close(): Promise<void> {
    await this.tmux('kill-server').catch(() => undefined);
    await this.untilGone();
  }

  protected async failure(message: string): Promise<string> {
    const pane = await this.pane().catch(String);
    return `${message}\npane:\n${pane.trim()}`;
  }

  private inputOf(pane: string): string {
    return pane.slice(this.promptSign === undefined ? 0 : pane.lastIndexOf(this.promptSign));
  }

  private tmux(...args: string[]): Promise<string> {
    return tmux(this.home, ['-L', this.tmuxSocket, ...args]);
  }
}

/** Starts the program in a tmux server; the pid is the program's own. */
export async function openTui(
  home: AgentHome,
  binary: string,
  { tmuxSocket = `tui-${randomUUID().slice(0, 8)}`, args = [], cwd = home.cwd }: TuiOptions,
): Promise<{ tmuxSocket: string; pid: number }> {
  const server = ['-L', tmuxSocket, '-f', '/dev/null', 'set-option', '-g', 'remain-on-exit', 'on', ';'];
  const session = ['new-session', '-d', '-s', SESSION, '-x', '160', '-y', '50', '-c', cwd];
  const pid = await tmux(home, [...server, ...session, '-P', '-F', '#{pane_pid}', binary, ...args]);
  return { tmuxSocket, pid: Number(pid) };
}

/** Without the blanks and line breaks that wrapping adds. */
function squeeze(text: string): string {
  return text.replaceAll(/\s/g, '');
}

/** The server inherits the environment of its first client, and the agent that of the server. */
async function tmux({ env }: AgentHome, args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('tmux', args, { env });
  return stdout;
}
