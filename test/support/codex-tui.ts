import { AgentTui, openTui } from './agent-tui.js';
import type { TuiOptions } from './agent-tui.js';
import type { CodexHome } from './codex-home.js';

/** Opens a real Codex TUI, which trusts its folder, and waits until it takes input. */
export async function startCodexTui(
  home: CodexHome,
  binary: string,
  { cwd = home.cwd, args = [], ...options }: TuiOptions = {},
): Promise<AgentTui> {
  const trust = ['-c', `projects.${JSON.stringify(cwd)}.trust_level="trusted"`];
  const all = ['--no-alt-screen', ...trust, ...args];
  const { tmuxSocket, pid } = await openTui(home, binary, { ...options, cwd, args: all });
  const tui = new AgentTui(home, tmuxSocket, pid, '›');
  try {
    await tui.untilPane((pane) => pane.includes('for shortcuts'));
  } catch (error) {
    await tui.close();
    throw error;
  }
  return tui;
}
