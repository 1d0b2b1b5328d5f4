import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AgentHome, basicEnvironment, makeFolders, writeJson } from './agent-home.js';
import type { AgentHomeOptions } from './agent-home.js';
import { parseJsonRecord } from './json-lines.js';
import type { JsonRecord } from './json-lines.js';

export interface OpenCodeHomeOptions extends AgentHomeOptions {
  /** More options of its provider, such as time-outs. */
  providerOptions?: Record<string, unknown>;
  /** More of `opencode.json`. */
  config?: Record<string, unknown>;
}

/** A home in which OpenCode is set up and talks to the scripted provider only. */
export class OpenCodeHome extends AgentHome {
  get configDir(): string {
    return join(this.path, '.config', 'opencode');
  }

  get dataDir(): string {
    return join(this.path, '.local', 'share', 'opencode');
  }

  /** What the database holds of the messages of a session, the oldest first. */
  messages(sessionId: string): JsonRecord[] {
    const database = new DatabaseSync(join(this.dataDir, 'opencode.db'), { readOnly: true });
    try {
      const query = 'SELECT data FROM message WHERE session_id = ? ORDER BY time_created, id';
      return database
        .prepare(query)
        .all(sessionId)
        .map(({ data }) => parseJsonRecord(String(data)));
    } finally {
      database.close();
    }
  }

  /** The log of all processes; empty before the first. */
  async log(): Promise<string> {
    return readFile(join(this.dataDir, 'log', 'opencode.log'), 'utf8').catch(() => '');
  }
}

export async function createOpenCodeHome(options: OpenCodeHomeOptions): Promise<OpenCodeHome> {
  const { path, cwd } = await makeFolders('opencode', options);
  const home = new OpenCodeHome(path, cwd, environment(path, options));
  await writeJson(join(home.configDir, 'opencode.json'), settings(options));
  return home;
}

function settings({ providerUrl, providerOptions, config }: OpenCodeHomeOptions): object {
  return {
    model: 'scripted/model',
    small_model: 'scripted/model',
    autoupdate: false,
    share: 'disabled',
    provider: {
      scripted: {
        npm: '@ai-sdk/openai-compatible',
        options: { baseURL: `${providerUrl}/v1`, apiKey: 'made-up', ...providerOptions },
        models: { model: { limit: { context: 128_000, output: 8_000 } } },
      },
    },
    ...config,
  };
}

function environment(home: string, options: OpenCodeHomeOptions): Record<string, string> {
  return {
    ...basicEnvironment(home, options),
    OPENCODE_DISABLE_AUTOUPDATE: '1',
    OPENCODE_DISABLE_MODELS_FETCH: '1',
    OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
    // It would fetch its plug-in package from the registry into every config folder.
    npm_config_offline: 'true',
  };
}
