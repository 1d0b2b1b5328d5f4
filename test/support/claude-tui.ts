import { AgentTui, openTui, TUI_TIMEOUT_MS } from './agent-tui.js';
import type { TuiOptions } from './agent-tui.js';
import type { ClaudeHome } from './claude-home.js';
import type { JsonRecord } from './json-lines.js';
import { until } from './until.js';

/** A real Claude TUI in a tmux server of its own. */
export class ClaudeTui extends AgentTui {
  declare protected readonly home: ClaudeHome;

  constructor(home: ClaudeHome, tmuxSocket: string, pid: number) {
    super(home, tmuxSocket, pid, '❯');
  }

  /** Waits for an entry of this process in Claude's registry. */
  async untilRegistry(
    predicate: (entry: JsonRecord) => boolean,
    timeoutMs = TUI_TIMEOUT_MS,
  ): Promise<JsonRecord> {
    const check = async () =>
      (await this.home.registry()).find((entry) => entry['pid'] === this.pid && predicate(entry));
    return until(check, {
      timeoutMs,
      failure: () => this.failure('The registry never said what was expected'),
    });
  }

  protected override async failure(message: string): Promise<string> {
    return super.failure(`${message}\nregistry: ${JSON.stringify(await this.home.registry())}`);
  }
}

/** Opens the TUI and waits until it takes input. */
export async function startClaudeTui(
  home: ClaudeHome,
  binary: string,
  options: TuiOptions = {},
): Promise<ClaudeTui> {
  const { tmuxSocket, pid } = await openTui(home, binary, options);
  const tui = new ClaudeTui(home, tmuxSocket, pid);
  try {
    await tui.untilRegistry((entry) => entry['status'] === 'idle');
  } catch (error) {
    await tui.close();
    throw error;
  }
  return tui;
}
