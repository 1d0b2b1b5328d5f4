import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const INSTALLER = fileURLToPath(new URL('../../scripts/install-agent.mjs', import.meta.url));

/** Installs that version of Claude Code under `.agents` unless it is there, and returns its program. */
export async function claudeBinary(version: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [INSTALLER, 'claude-code', version]);
  return stdout.trim();
}
