import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AgentHome, basicEnvironment, filesBelow, makeFolders, writeJson } from './agent-home.js';
import type { AgentHomeOptions } from './agent-home.js';
import { parseJsonLines } from './json-lines.js';
import type { JsonRecord } from './json-lines.js';

export interface GeminiHomeOptions extends AgentHomeOptions {
  /** More of `settings.json`. */
  settings?: Record<string, unknown>;
}

/** A home in which Gemini CLI is set up and talks to the scripted provider only. */
export class GeminiHome extends AgentHome {
  get configDir(): string {
    return join(this.path, '.gemini');
  }

  /** The paths of all session files; a session has one for each minute in which a run of it began. */
  async sessions(): Promise<string[]> {
    const files = await filesBelow(join(this.configDir, 'tmp'));
    return files.filter((file) => /\/chats\/session-[^/]+\.jsonl$/.test(file)).sort();
  }

  /** The records of all files of a session, the oldest first. */
  async readSession(sessionId: string): Promise<JsonRecord[]> {
    const paths = (await this.sessions()).filter((path) => path.endsWith(`-${sessionId.slice(0, 8)}.jsonl`));
    const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8')));
    return texts.flatMap((text) => parseJsonLines(text));
  }
}

export async function createGeminiHome(options: GeminiHomeOptions): Promise<GeminiHome> {
  const { path, cwd } = await makeFolders('gemini', options);
  const home = new GeminiHome(path, cwd, environment(path, options));
  await writeJson(join(home.configDir, 'settings.json'), {
    security: { auth: { selectedType: 'gemini-api-key' } },
    general: { enableAutoUpdate: false, enableAutoUpdateNotification: false },
    privacy: { usageStatisticsEnabled: false },
    telemetry: { enabled: false },
    ...options.settings,
  });
  return home;
}

function environment(home: string, options: GeminiHomeOptions): Record<string, string> {
  return {
    ...basicEnvironment(home, options),
    GEMINI_API_KEY: 'made-up',
    GOOGLE_GEMINI_BASE_URL: options.providerUrl,
    GEMINI_CLI_TRUST_WORKSPACE: 'true',
  };
}
