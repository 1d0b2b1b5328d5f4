import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const INSTALLER = fileURLToPath(new URL('../../scripts/install-agent.mjs', import.meta.url));

export type AgentName = 'claude-code' | 'codex' | 'opencode' | 'gemini-cli';

/** Installs that version of the agent under `.agents` unless it is there, and returns its program. */
export async function agentBinary(agent: AgentName, version: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [INSTALLER, agent, version]);
  return stdout.trim();
}
