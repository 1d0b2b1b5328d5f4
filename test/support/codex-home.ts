import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { stringify } from 'smol-toml';
import { AgentHome, basicEnvironment, filesBelow, makeFolders } from './agent-home.js';
import type { AgentHomeOptions } from './agent-home.js';
import { parseJsonLines } from './json-lines.js';
import type { JsonRecord } from './json-lines.js';

export interface CodexHomeOptions extends AgentHomeOptions {
  /** More of `config.toml`. */
  config?: Record<string, unknown>;
}

/** A home in which Codex is set up and talks to the scripted provider only. */
export class CodexHome extends AgentHome {
  get configDir(): string {
    return join(this.path, '.codex');
  }

  /** The paths of all rollouts. */
  async rollouts(): Promise<string[]> {
    const files = await filesBelow(join(this.configDir, 'sessions'));
    return files.filter((file) => basename(file).startsWith('rollout-'));
  }

  async readRollout(threadId: string): Promise<JsonRecord[]> {
    const paths = (await this.rollouts()).filter((path) => path.endsWith(`-${threadId}.jsonl`));
    const [path] = paths;
    if (!path || paths.length > 1) throw new Error(`${paths.length} rollouts of ${threadId} in ${this.path}`);
    return parseJsonLines(await readFile(path, 'utf8'));
  }
}

export async function createCodexHome(options: CodexHomeOptions): Promise<CodexHome> {
  const { path, cwd } = await makeFolders('codex', options);
  const home = new CodexHome(path, cwd, environment(path, options));
  await mkdir(home.configDir);
  await writeFile(join(home.configDir, 'config.toml'), stringify(settings(cwd, options)));
  return home;
}

function settings(cwd: string, { providerUrl, config }: CodexHomeOptions): Record<string, unknown> {
  return {
    model: 'gpt-5.1-codex',
    model_provider: 'scripted',
    model_providers: {
      scripted: {
        name: 'Scripted',
        base_url: `${providerUrl}/v1`,
        wire_api: 'responses',
        env_key: 'SCRIPTED_API_KEY',
      },
    },
    projects: { [cwd]: { trust_level: 'trusted' } },
    analytics: { enabled: false },
    check_for_update_on_startup: false,
    // It would look for plug-ins on GitHub.
    features: { plugins: false },
    ...config,
  };
}

function environment(home: string, options: CodexHomeOptions): Record<string, string> {
  return { ...basicEnvironment(home, options), SCRIPTED_API_KEY: 'made-up' };
}
