import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AgentHome, basicEnvironment, filesBelow, makeFolders, readOnly, writeJson } from './agent-home.js';
import type { AgentHomeOptions } from './agent-home.js';
import { parseJsonRecord } from './json-lines.js';
import type { JsonRecord } from './json-lines.js';

const API_KEY = 'sk-ant-api03-made-up-key-of-a-test';
const FAR_FUTURE_MS = 4_102_444_800_000;

export type ClaudeAccount = 'subscription' | 'api-key';

export interface ClaudeHomeOptions extends AgentHomeOptions {
  account: ClaudeAccount;
}

/** A home in which Claude Code is set up, talks to the scripted provider only and asks no first-run question. */
export class ClaudeHome extends AgentHome {
  get configDir(): string {
    return join(this.path, '.claude');
  }

  /** The paths of all transcripts, without those of subagents. */
  async transcripts(): Promise<string[]> {
    const projects = join(this.configDir, 'projects');
    const files = await filesBelow(projects);
    return files.filter((file) => file.endsWith('.jsonl') && dirname(dirname(file)) === projects);
  }

  async readTranscript(sessionId: string): Promise<JsonRecord[]> {
    return readOnly(await this.transcripts(), `/${sessionId}.jsonl`);
  }

  /** What Claude says of its living processes, one entry per process. */
  async registry(): Promise<JsonRecord[]> {
    const files = await filesBelow(join(this.configDir, 'sessions'));
    const entries = files.filter((file) => file.endsWith('.json'));
    const texts = await Promise.all(entries.map((file) => readFile(file, 'utf8').catch(() => '')));
    // An entry may be gone by now, or half written.
    return texts.filter((text) => text.trimEnd().endsWith('}')).map((text) => parseJsonRecord(text));
  }
}

export async function createClaudeHome(options: ClaudeHomeOptions): Promise<ClaudeHome> {
  const { path, cwd } = await makeFolders('claude', options);
  await mkdir(join(path, '.claude'));
  await writeJson(join(path, '.claude.json'), {
    hasCompletedOnboarding: true,
    theme: 'dark',
    customApiKeyResponses: { approved: [API_KEY.slice(-20)], rejected: [] },
    projects: { [cwd]: { hasTrustDialogAccepted: true, hasCompletedProjectOnboarding: true } },
  });
  if (options.account === 'subscription')
    await writeJson(join(path, '.claude', '.credentials.json'), credentials());
  return new ClaudeHome(path, cwd, environment(path, options));
}

function credentials(): object {
  return {
    claudeAiOauth: {
      accessToken: 'sk-ant-oat01-made-up',
      refreshToken: 'sk-ant-ort01-made-up',
      expiresAt: FAR_FUTURE_MS,
      scopes: ['user:inference', 'user:profile'],
      subscriptionType: 'max',
    },
  };
}

function environment(home: string, options: ClaudeHomeOptions): Record<string, string> {
  return {
    ...basicEnvironment(home, options),
    IS_SANDBOX: '1',
    ANTHROPIC_BASE_URL: options.providerUrl,
    ...(options.account === 'api-key' ? { ANTHROPIC_API_KEY: API_KEY } : {}),
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_TELEMETRY: '1',
    DISABLE_AUTOUPDATER: '1',
    DISABLE_ERROR_REPORTING: '1',
  };
}
